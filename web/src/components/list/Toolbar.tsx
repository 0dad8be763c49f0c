import { ActionIcon, Kbd, Loader, TextInput } from "@mantine/core";
import { Search, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Filter, Filters } from "./Filters";
import type { ListState } from "./useListState";
import classes from "./List.module.css";

export type { Filter } from "./Filters";

interface Props {
  state: ListState;
  filters: Filter[];
  search: boolean;
  label: string;
  busy: boolean;
  /** Views, columns, export: at the end of the line. */
  tools?: ReactNode;
}

/** Search, filters and tools above a list. */
export function Toolbar({ state, filters, search, label, busy, tools }: Props) {
  if (!search && filters.length === 0 && !tools) {
    return null;
  }
  return (
    <div className={classes.toolbar} role="search" aria-label={label}>
      {search && <SearchField state={state} busy={busy} />}
      <Filters filters={filters} state={state} />
      {tools && <div className={classes.tools}>{tools}</div>}
    </div>
  );
}

function SearchField({ state, busy }: { state: ListState; busy: boolean }) {
  const { t } = useTranslation();
  const [text, setText] = useState(state.q);
  const { q, setQ } = state;
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    if (text === q) {
      return;
    }
    const timer = setTimeout(() => setQ(text), 180);
    return () => clearTimeout(timer);
  }, [text, q, setQ]);
  return (
    <TextInput
      className={classes.search}
      type="search"
      data-search
      aria-label={t("list.search")}
      placeholder={t("list.search")}
      maxLength={200}
      value={text}
      onChange={(e) => setText(e.currentTarget.value)}
      leftSection={busy ? <Loader size={14} /> : <Search size={15} aria-hidden="true" />}
      rightSection={
        text ? (
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t("list.clearSearch")} onClick={() => setText("")}>
            <X size={14} />
          </ActionIcon>
        ) : (
          <Kbd size="xs" aria-hidden="true">
            /
          </Kbd>
        )
      }
    />
  );
}
