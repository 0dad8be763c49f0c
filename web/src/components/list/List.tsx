import { Button } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, type QueryKey } from "@tanstack/react-query";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Page } from "@/api/types";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Rows, type Column } from "./Rows";
import { Toolbar, type Filter } from "./Toolbar";
import { useListKeys } from "./useListKeys";
import { useListState } from "./useListState";
import classes from "./List.module.css";

interface Props<T, Q> {
  /** Spoken name of the list. */
  label: string;
  queryKey: QueryKey;
  /** Asks the server; the search, the sort, the filters and the page are in `query` under their own names. */
  load: (query: Q, signal: AbortSignal) => Promise<Page<T>>;
  columns: Column<T>[];
  rowId: (row: T) => string;
  /** Where Enter and a click lead; without it rows open in place by `expand`. */
  href?: (row: T) => string;
  expand?: (row: T) => ReactNode;
  filters?: Filter[];
  defaultSort?: string;
  /** Always sent, whatever the filters say. */
  fixed?: Record<string, string>;
  search?: boolean;
  empty: ReactNode;
  pageSize?: number;
}

/** The one list: searched, sorted, filtered and paged by the server, with its state in the URL. */
export function List<T, Q>(props: Props<T, Q>) {
  const { t } = useTranslation();
  const filters = props.filters ?? [];
  const state = useListState(filters.map((f) => f.key));
  const table = useRef<HTMLDivElement>(null);
  useListKeys(table);

  const sort = state.sort ?? props.defaultSort;
  const asked = { ...state.filters, ...props.fixed, q: state.q || undefined, sort };
  const query = useInfiniteQuery({
    queryKey: [...props.queryKey, asked],
    queryFn: ({ pageParam, signal }) => props.load({ ...asked, limit: props.pageSize ?? 50, cursor: pageParam } as Q, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<T>) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const narrowed = Boolean(state.q) || Object.values(state.filters).some(Boolean);

  return (
    <div className={classes.list} ref={table}>
      <Toolbar state={state} filters={filters} search={props.search ?? true} label={props.label} busy={query.isFetching} />
      {query.isPending ? (
        <div className={classes.pad}>
          <Loading rows={8} height={28} />
        </div>
      ) : query.isError ? (
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
          <Rows {...props} rows={rows} sort={sort} onSort={state.setSort} stale={query.isPlaceholderData} />
          <footer className={classes.footer}>
            <span role="status">{t(query.hasNextPage ? "list.shownMore" : "list.shown", { count: rows.length })}</span>
            {query.hasNextPage && (
              <Button variant="default" size="compact-sm" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {t("list.more")}
              </Button>
            )}
          </footer>
        </>
      )}
    </div>
  );
}
