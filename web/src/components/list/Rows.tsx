import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, ChevronRight } from "lucide-react";
import { Fragment, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./List.module.css";

export interface Column<T> {
  key: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** The field to sort by, when the server can. */
  sort?: string;
  /** Below which width the column gives way. */
  hide?: "phone" | "tablet";
  width?: string;
}

interface Props<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  rowId: (row: T) => string;
  href?: (row: T) => string;
  expand?: (row: T) => ReactNode;
  sort?: string;
  onSort: (sort: string) => void;
  stale: boolean;
}

/** The table of a list. The first cell of each row is the link or the button that the keyboard moves over. */
export function Rows<T>({ label, rows, columns, rowId, href, expand, sort, onSort, stale }: Props<T>) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div className={classes.scroll}>
      <table className={classes.table} aria-label={label} data-stale={stale || undefined}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Header key={column.key} column={column} sort={sort} onSort={onSort} />
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
                <tr className={classes.row} data-open={expanded || undefined} onClick={expand ? undefined : openRow}>
                  {columns.map((column, i) => (
                    <td key={column.key} data-hide={column.hide}>
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
                    </td>
                  ))}
                </tr>
                {expanded && expand && (
                  <tr>
                    <td colSpan={columns.length} className={classes.expanded}>
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

/** A click anywhere on a row is a click on its link, unless it was on something of its own or ended a selection of text. */
function openRow(event: React.MouseEvent<HTMLTableRowElement>) {
  const target = event.target as HTMLElement;
  if (!target.closest("a, button, input, select, textarea") && !getSelection()?.toString()) {
    event.currentTarget.querySelector<HTMLElement>("[data-row]")?.click();
  }
}

function Header<T>({ column, sort, onSort }: { column: Column<T>; sort?: string; onSort: (sort: string) => void }) {
  const { t } = useTranslation();
  const field = column.sort;
  const direction = field && sort === field ? "ascending" : field && sort === `-${field}` ? "descending" : undefined;
  return (
    <th scope="col" aria-sort={direction} data-hide={column.hide} style={column.width ? { width: column.width } : undefined}>
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
