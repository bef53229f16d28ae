// Who receives whom, as a matrix: a bad column is a sender's trouble, a bad row a receiver's.
import type { Meeting } from "../types";
import { titleOf } from "../ui/bands";
import { Shape } from "../ui/rating";
import { badFlows, type Flow, flowsOf } from "./flows";

const LARGEST = 10;
const WORD: Record<Flow, string> = { well: "well", fair: "with trouble", poor: "badly" };

function Mark({ flow }: { flow: Flow }) {
  return flow === "well" ? (
    <i class="well" aria-hidden="true" />
  ) : (
    <span class={`is-${flow}`}>
      <Shape rating={flow} />
    </span>
  );
}

export function Matrix({ meeting }: { meeting: Meeting }) {
  const flows = flowsOf(meeting);
  const { people, cells } = flows;
  if (people.length < 2) return null;
  const bad = badFlows(flows);
  return (
    <section class="panel flows" aria-labelledby="flows-title">
      <h2 id="flows-title">Who receives whom</h2>
      {people.length <= LARGEST ? (
        <table>
          <thead>
            <tr>
              <td class="dim">receives</td>
              {people.map((p) => (
                <th scope="col" key={p.id} title={p.name}>
                  <bdi>{p.name}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {people.map((to) => (
              <tr key={to.id}>
                <th scope="row" title={to.name}>
                  <bdi>{to.name}</bdi>
                </th>
                {people.map((from) => {
                  const cell = cells.get(to.id)?.get(from.id);
                  if (!cell) return <td key={from.id} class={from.id === to.id ? "self" : ""} />;
                  const why = cell.issues.map(titleOf).join(", ");
                  const says = `${to.name} receives ${from.name} ${WORD[cell.flow]}`;
                  return (
                    <td key={from.id} title={why ? `${says}: ${why}` : says}>
                      <Mark flow={cell.flow} />
                      <span class="off-screen">{WORD[cell.flow]}</span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <ul class="pad">
          {bad.slice(0, 20).map((one) => (
            <li key={`${one.from}\n${one.to}`}>
              <Mark flow={one.flow} /> <bdi>{one.to}</bdi> ← <bdi>{one.from}</bdi>{" "}
              <span class="dim">{one.issues.map(titleOf).join(", ")}</span>
            </li>
          ))}
          <li class="dim">
            {bad.length > 20 ? `and ${bad.length - 20} more` : bad.length ? "" : "Everybody, well."}
          </li>
        </ul>
      )}
    </section>
  );
}
