import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, ChevronRight } from "lucide-react";
import { Fragment, type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Choosing } from "./useSelection";
import classes from "./List.module.css";

export interface Column<T> {
  key: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** The field to sort by, when the server can. */
  sort?: string;
  /** Below which width the column gives way. */
  hide?: "phone" | "tablet" | "laptop";
  width?: string;
  /** Put away until somebody chooses it from the menu of columns. */
  optional?: boolean;
}

interface Props<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  rowId: (row: T) => string;
  href?: (row: T) => string;
  expand?: (row: T) => ReactNode;
  secondary?: (row: T) => ReactNode;
  sort?: string;
  onSort: (sort: string) => void;
  stale: boolean;
  choosing?: Choosing;
}

/** The table of a list. The first cell of each row is the link or the button that the keyboard moves over. */
export function Rows<T>({ label, rows, columns, rowId, href, expand, secondary, sort, onSort, stale, choosing }: Props<T>) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div className={classes.scroll}>
      <table className={classes.table} aria-label={label} data-stale={stale || undefined}>
        <thead>
          <tr>
            {choosing && (
              <th scope="col" className={classes.checkCell}>
                <label className={classes.check}>
                  <input
                    type="checkbox"
                    aria-label={t("list.selectShown")}
                    checked={choosing.shown === "all"}
                    ref={(box) => {
                      if (box) {
                        box.indeterminate = choosing.shown === "some";
                      }
                    }}
                    onChange={choosing.toggleShown}
                  />
                </label>
              </th>
            )}
            {columns.map((column) => (
              <Header key={column.key} column={column} first={column === columns[0]} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const id = rowId(row);
            const expanded = open === id;
            const toggle = () => setOpen(expanded ? null : id);
            return (
              <Fragment key={id}>
                <tr
                  className={classes.row}
                  data-id={id}
                  data-open={expanded || undefined}
                  data-chosen={choosing?.has(id) || undefined}
                  onClick={expand ? undefined : openRow}
                >
                  {choosing && (
                    <td className={classes.checkCell}>
                      <Choose id={id} choosing={choosing} />
                    </td>
                  )}
                  {columns.map((column, i) => (
                    <td key={column.key} className={i === 0 ? classes.first : undefined} data-hide={column.hide} title={i > 0 ? titleOf(column.cell(row)) : undefined}>
                      {i > 0 ? (
                        column.cell(row)
                      ) : href ? (
                        <Link to={href(row)} className={classes.primary} data-row>
                          {column.cell(row)}
                        </Link>
                      ) : expand ? (
                        <button type="button" className={classes.primary} data-row aria-expanded={expanded} onClick={toggle}>
                          <ChevronRight size={14} aria-hidden="true" className={classes.chevron} data-open={expanded || undefined} />
                          {column.cell(row)}
                        </button>
                      ) : (
                        column.cell(row)
                      )}
                      {i === 0 && secondary && <div className={classes.secondary}>{secondary(row)}</div>}
                    </td>
                  ))}
                </tr>
                {expanded && expand && (
                  <tr>
                    <td colSpan={columns.length + (choosing ? 1 : 0)} className={classes.expanded}>
                      {expand(row)}
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

// What is cut off is in the title, as far as it is a text.
function titleOf(cell: ReactNode): string | undefined {
  return typeof cell === "string" && cell.length > 24 ? cell : undefined;
}

/** The checkbox of a row. With Shift it takes everything since the last one. */
function Choose({ id, choosing }: { id: string; choosing: Choosing }) {
  const { t } = useTranslation();
  const shift = useRef(false);
  return (
    <label
      className={classes.check}
      onClickCapture={(event) => {
        shift.current ||= event.shiftKey;
      }}
    >
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={t("list.select")}
        checked={choosing.has(id)}
        onChange={() => {
          choosing.toggle(id, shift.current);
          shift.current = false;
        }}
      />
    </label>
  );
}

/** A click anywhere on a row is a click on its link, unless it was on something of its own or ended a selection of text. */
function openRow(event: React.MouseEvent<HTMLTableRowElement>) {
  const target = event.target as HTMLElement;
  if (!target.closest("a, button, input, label, select, textarea") && !getSelection()?.toString()) {
    event.currentTarget.querySelector<HTMLElement>("[data-row]")?.click();
  }
}

function Header<T>({ column, first, sort, onSort }: { column: Column<T>; first: boolean; sort?: string; onSort: (sort: string) => void }) {
  const { t } = useTranslation();
  const field = column.sort;
  const direction = field && sort === field ? "ascending" : field && sort === `-${field}` ? "descending" : undefined;
  return (
    <th scope="col" className={first ? classes.first : undefined} aria-sort={direction} data-hide={column.hide} style={column.width ? { width: column.width } : undefined}>
      {field ? (
        <button
          type="button"
          className={classes.sort}
          title={t("list.sortBy", { column: column.header })}
          onClick={() => onSort(direction === "ascending" ? `-${field}` : field)}
        >
          {column.header}
          {direction === "ascending" && <ArrowUp size={13} aria-hidden="true" />}
          {direction === "descending" && <ArrowDown size={13} aria-hidden="true" />}
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}
