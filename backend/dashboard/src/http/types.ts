// What REST says of the API beside the calls (docs/http.md). Base units: s, bytes, epoch ms.
export interface Latency {
  p50: number | null;
  p95: number | null;
  p99: number | null;
  mean?: number;
  max?: number;
}

export interface Endpoint {
  service: string;
  route: string;
  method: string;
  statusClass: string | null;
  count: number;
  errors: number;
  aborted: number;
  failed: number;
  streamed: number;
  requestBytes: number;
  responseBytes: number;
  latency: Latency;
  firstByte: Latency;
  users: number;
}

export interface Endpoints {
  from: number;
  to: number;
  dropped: number;
  total: number;
  items: Endpoint[];
}

export interface EndpointSeries {
  level: "minute" | "hour" | "day";
  t: number[];
  series: Record<string, (number | null)[]>;
}

export interface FailedRequest {
  t: number;
  service: string;
  route: string;
  method: string;
  status: number;
  aborted: boolean;
  failed: boolean;
  streamed: boolean;
  requestBytes: number;
  responseBytes: number;
  duration: number;
  user: string | null;
}
