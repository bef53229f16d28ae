// Alerts, rules and silences as REST tells them (docs/alerts.md). Base units, times in epoch ms.
export type Severity = "critical" | "warning" | "info";

export interface Alert {
  id: string;
  rule: string;
  subject: string;
  about: Record<string, string>;
  state: "pending" | "firing" | "resolved";
  since: number;
  firedAt: number | null;
  resolvedAt: number | null;
  value: number | null;
  threshold: number;
  unit: string;
  sentence: string;
  severity: Severity;
  silenced: boolean;
}

export interface Rule {
  name: string;
  on: "calls" | "endpoints";
  metric: string;
  above: number | null;
  below: number | null;
  share: number | null;
  clear: number | null;
  of: "participants" | "meetings";
  per: "all" | "meeting" | "participant" | "endpoint";
  for: number;
  window: number;
  hold: number;
  minSample: number;
  match: Record<string, string>;
  severity: Severity;
  deliver: string[];
  enabled: boolean;
  source: "file" | "api";
  unit: string;
}

export interface Metric {
  name: string;
  unit: string;
  what: string;
  /** True or false of each: counted. */
  flag: boolean;
}

export interface Metrics {
  calls: Metric[];
  endpoints: Metric[];
  issues: string[];
}

export interface Channel {
  name: string;
  type: string;
  target: string;
}

export interface Silence {
  id: string;
  rule: string;
  subject: string;
  from: number;
  until: number;
  comment: string;
}

export interface Items<T> {
  items: T[];
  next?: string | null;
}
