// All endpoints together, as tiles.
import { count, many, SHOW } from "../format";
import { Tiles } from "../ui/bits";
import { errorStatus, perMinute, spanOf, sum } from "./ask";
import type { EndpointSeries } from "./types";

export function Totals({ answer, busy }: { answer: EndpointSeries; busy: boolean }) {
  const { series } = answer;
  const requests = sum(series.count);
  const errors = sum(series.errors);
  const share = requests ? errors / requests : 0;
  return (
    <Tiles
      label="All endpoints"
      busy={busy}
      tiles={[
        {
          name: "Requests",
          shown: many(requests),
          note: `${perMinute(requests, spanOf(answer))} a minute`,
        },
        {
          name: "Errors",
          shown: SHOW.share(share),
          note: count(errors, "request"),
          status: errorStatus(share),
        },
        { name: "Broken off", shown: many(sum(series.aborted)), note: "by the other side" },
        { name: "Bytes in", shown: SHOW.bytes(sum(series.requestBytes)) },
        { name: "Bytes out", shown: SHOW.bytes(sum(series.responseBytes)) },
      ]}
    />
  );
}
