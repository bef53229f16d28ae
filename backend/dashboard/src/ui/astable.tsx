// A chart's values as a table: for who cannot see the chart, and for who wants the numbers.

/** A time and, column by column, what was measured then, as text. */
export interface TableRow {
  t: number;
  time: string;
  cells: readonly string[];
}

export function AsTable({
  title,
  caption,
  columns,
  rows,
}: {
  title: string;
  caption?: string;
  columns: readonly string[];
  rows: readonly TableRow[];
}) {
  return (
    <div class="as-table">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard */}
      <div tabIndex={0} role="region" aria-label={`${title} as a table`}>
        <table>
          {caption && <caption>{caption}</caption>}
          <thead>
            <tr>
              {["Time", ...columns].map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.t}>
                <th scope="row">{row.time}</th>
                {row.cells.map((text, i) => (
                  <td key={columns[i]}>{text}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
