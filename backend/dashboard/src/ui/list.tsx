// A table whose heads sort it and whose rows open: a native table, walked through by j and k.
import type { ComponentChildren, JSX, TargetedMouseEvent } from "preact";
import { useRef } from "preact/hooks";
import { useKeys } from "../keys";
import { go } from "../route";

export interface Column<T> {
  name: string;
  /** Said in full where the name is short. */
  title?: string;
  cell: (row: T) => ComponentChildren;
  num?: boolean;
  /** What the service calls the order; without it the head is no button. */
  sort?: string;
  /** Which way a first click sorts. */
  first?: "up" | "down";
  /** Gives way on narrow screens (1) or already on middling ones (2). */
  spare?: 1 | 2;
  class?: string;
}

export interface Order {
  field: string;
  down: boolean;
}

export const orderOf = (text: string, usual: Order): Order =>
  text ? { field: text.replace(/^-/, ""), down: text.startsWith("-") } : usual;
export const orderText = ({ field, down }: Order): string => `${down ? "-" : ""}${field}`;

export function List<T>({
  label,
  columns,
  rows,
  keyOf,
  hrefOf,
  order,
  sort,
  busy = false,
  stateOf,
}: {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  /** Where a row leads; its first cell has the link. */
  hrefOf?: (row: T) => string;
  order?: Order;
  sort?: (order: Order) => void;
  busy?: boolean;
  stateOf?: (row: T) => string;
}) {
  const box = useRef<HTMLTableElement>(null);
  const step = (by: number): void => {
    const all = [...(box.current?.querySelectorAll<HTMLElement>("tbody tr [data-row]") ?? [])];
    const at = all.findIndex((one) => one.closest("tr")?.contains(document.activeElement));
    all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]?.focus();
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
  });
  const click = (event: TargetedMouseEvent<HTMLElement>, row: T): void => {
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey);
    if (!hrefOf || !plain || event.defaultPrevented || getSelection()?.type === "Range") return;
    if (event.target instanceof Element && event.target.closest("a, button, input")) return;
    go(hrefOf(row));
  };
  return (
    <div class={`list panel${busy ? " busy" : ""}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard */}
      <div class="scroll" tabIndex={0} role="region" aria-label={label}>
        <table ref={box} class={hrefOf ? "opens" : ""} aria-label={label} aria-busy={busy}>
          <thead>
            <tr>
              {columns.map((column) => (
                <Head key={column.name} column={column} order={order} sort={sort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)} class={stateOf?.(row)} onClick={(event) => click(event, row)}>
                {columns.map((column, i) => (
                  <Cell key={column.name} column={column} first={i === 0}>
                    {i === 0 && hrefOf ? (
                      <a href={hrefOf(row)} data-row>
                        {column.cell(row)}
                      </a>
                    ) : (
                      column.cell(row)
                    )}
                  </Cell>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

const classOf = (column: Column<never>): string =>
  [column.num ? "num" : "word", column.spare ? `spare-${column.spare}` : "", column.class ?? ""]
    .join(" ")
    .trim();

function Cell({
  column,
  first,
  children,
}: {
  column: Column<never>;
  first: boolean;
  children: ComponentChildren;
}): JSX.Element {
  return first ? (
    <th scope="row" class={classOf(column)}>
      {children}
    </th>
  ) : (
    <td class={classOf(column)}>{children}</td>
  );
}

function Head({
  column,
  order,
  sort,
}: {
  column: Column<never>;
  order?: Order | undefined;
  sort?: ((order: Order) => void) | undefined;
}) {
  const field = column.sort;
  const sorted = field !== undefined && order?.field === field;
  if (!field || !sort) {
    return (
      <th scope="col" class={classOf(column)} title={column.title}>
        {column.name}
      </th>
    );
  }
  const down = sorted ? !order.down : column.first !== "up";
  return (
    <th
      scope="col"
      class={classOf(column)}
      aria-sort={sorted ? (order.down ? "descending" : "ascending") : "none"}
    >
      <button type="button" title={column.title} onClick={() => sort({ field, down })}>
        {column.name}
        <svg class="arrow" viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
          {sorted && <path d={order.down ? "M1 2.5h6L4 6.5Z" : "M1 5.5h6L4 1.5Z"} />}
        </svg>
      </button>
    </th>
  );
}
