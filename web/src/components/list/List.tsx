import { Button } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, type QueryKey } from "@tanstack/react-query";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { usePersonal } from "@/app/personal";
import type { Page } from "@/api/types";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { BulkBar, type Selection } from "./BulkBar";
import { arrange, asDesigned, readColumnChoice } from "./columns";
import { ColumnsMenu } from "./ColumnsMenu";
import { ExportMenu } from "./ExportMenu";
import { Presets } from "./Presets";
import { Rows, type Column } from "./Rows";
import { Toolbar, type Filter } from "./Toolbar";
import { useListKeys } from "./useListKeys";
import { useListState } from "./useListState";
import { useSelection } from "./useSelection";
import { noViews, readViews, type View } from "./views";
import { ViewsMenu } from "./ViewsMenu";
import classes from "./List.module.css";

interface Props<T, Q> {
  /** Spoken name of the list. */
  label: string;
  queryKey: QueryKey;
  /** Asks the server; the search, the sort, the filters and the page are in `query` under their own names. */
  load: (query: Q, signal: AbortSignal) => Promise<Page<T>>;
  /** The first column names the row and stays; the others can be put away and ordered where the list has a `name`. */
  columns: Column<T>[];
  rowId: (row: T) => string;
  /** Where Enter and a click lead; without it rows open in place by `expand`. */
  href?: (row: T) => string;
  expand?: (row: T) => ReactNode;
  /** A soft line under the first cell, where there is no room for columns. */
  secondary?: (row: T) => ReactNode;
  filters?: Filter[];
  defaultSort?: string;
  /** Always sent, whatever the filters say. */
  fixed?: Record<string, string>;
  search?: boolean;
  empty: ReactNode;
  pageSize?: number;
  /** Under this name a person's columns and views of the list are kept: `contacts`. Without it neither is offered. */
  name?: string;
  /** Makes rows choosable, by checkbox, `x` and Shift; answers the buttons that act on the chosen ones. */
  bulk?: (selection: Selection<T>) => ReactNode;
  /** Views that everybody has, one click each above the list. */
  presets?: View[];
  /** The same list as a file: `/api/contacts.csv`, to which search, filters and sort are added, or what makes the address of them. */
  exportHref?: string | ((asked: Record<string, string>) => string);
  /** Instead of an address: what is done for the file, where it may not be taken alone. */
  onExport?: () => void;
}

/** The one list: searched, sorted, filtered and paged by the server, with its state in the URL. */
export function List<T, Q>(props: Props<T, Q>) {
  const { t } = useTranslation();
  const filters = props.filters ?? [];
  const state = useListState(filters.map((f) => f.key));
  const [choice, setChoice] = usePersonal(`list.${props.name ?? ""}.columns`, asDesigned, readColumnChoice);
  const [views, setViews] = usePersonal(`list.${props.name ?? ""}.views`, noViews, readViews);
  const table = useRef<HTMLDivElement>(null);

  const sort = state.sort ?? props.defaultSort;
  const narrowing = withoutEmpty({ ...state.filters, ...props.fixed, q: state.q });
  const asked = { ...narrowing, ...(sort ? { sort } : {}) };
  const query = useInfiniteQuery({
    queryKey: [...props.queryKey, asked],
    queryFn: ({ pageParam, signal }) => props.load({ ...asked, limit: props.pageSize ?? 50, cursor: pageParam } as Q, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<T>) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const narrowed = Boolean(state.q) || Object.values(state.filters).some(Boolean);
  const more = query.hasNextPage;

  const count = (cursor: string | undefined, signal: AbortSignal) => props.load({ ...narrowing, limit: 200, cursor } as Q, signal);
  const { selection, choosing, chooseAll } = useSelection({ queryKey: props.queryKey, rows, rowId: props.rowId, filter: narrowing, page: count, enabled: props.bulk !== undefined });
  useListKeys(table, { onSelect: choosing?.toggle, onClear: selection ? selection.clear : undefined });

  const columns = props.name ? arrange(props.columns, choice).flatMap((a) => (a.shown ? [a.column] : [])) : props.columns.filter((c) => !c.optional);
  const tools = (props.name || props.exportHref) && (
    <>
      {props.name && <ViewsMenu views={views} now={state.now} onOpen={state.open} onChange={setViews} />}
      {props.name && props.columns.length > 2 && <ColumnsMenu columns={props.columns} choice={choice} onChange={setChoice} />}
      <ExportMenu onExport={props.onExport} href={typeof props.exportHref === "function" ? props.exportHref(asked) : props.exportHref && `${props.exportHref}?${new URLSearchParams(asked)}`} />
    </>
  );

  return (
    <div className={classes.list} ref={table}>
      {props.presets && <Presets presets={props.presets} now={state.now} label={props.label} onOpen={state.open} />}
      <Toolbar state={state} filters={filters} search={props.search ?? true} label={props.label} busy={query.isFetching} tools={tools} />
      {query.isPending ? (
        <div className={classes.pad}>
          <Loading rows={8} height={28} />
        </div>
      ) : query.isError && rows.length === 0 ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : rows.length === 0 ? (
        narrowed ? (
          <div className={classes.none} role="status">
            <p>{t("list.none")}</p>
            <Button variant="default" onClick={state.clear}>
              {t("list.clear")}
            </Button>
          </div>
        ) : (
          props.empty
        )
      ) : (
        <>
          <Rows {...props} columns={columns} rows={rows} sort={sort} onSort={state.setSort} stale={query.isPlaceholderData} choosing={choosing} />
          <footer className={classes.footer} data-bulk={selection ? true : undefined}>
            {selection ? (
              <BulkBar count={selection.count} all={selection.all} onAll={more && !selection.all ? chooseAll : undefined} onClear={selection.clear}>
                {props.bulk?.(selection)}
              </BulkBar>
            ) : (
              <>
                <span role="status">{t(more ? "list.shownMore" : "list.shown", { count: rows.length })}</span>
                {more && (
                  <Button variant="default" size="compact-sm" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    {t("list.more")}
                  </Button>
                )}
              </>
            )}
          </footer>
        </>
      )}
    </div>
  );
}

function withoutEmpty(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
