import { ActionIcon, Kbd, Loader, Menu, TextInput } from "@mantine/core";
import { ChevronDown, Search, X } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ListState } from "./useListState";
import classes from "./List.module.css";

export interface Filter {
  key: string;
  label: string;
  options?: { value: string; label: string }[];
  /** For a filter that is not a short choice. */
  render?: (value: string | undefined, set: (value: string | undefined) => void) => ReactNode;
}

interface Props {
  state: ListState;
  filters: Filter[];
  search: boolean;
  label: string;
  busy: boolean;
}

/** Search and filters above a list. */
export function Toolbar({ state, filters, search, label, busy }: Props) {
  if (!search && filters.length === 0) {
    return null;
  }
  return (
    <div className={classes.toolbar} role="search" aria-label={label}>
      {search && <SearchField state={state} busy={busy} />}
      {filters.map((filter) =>
        filter.render ? (
          <span key={filter.key}>{filter.render(state.filters[filter.key], (value) => state.setFilter(filter.key, value))}</span>
        ) : (
          <Chip key={filter.key} filter={filter} value={state.filters[filter.key]} set={(value) => state.setFilter(filter.key, value)} />
        ),
      )}
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

function Chip({ filter, value, set }: { filter: Filter; value?: string; set: (value: string | undefined) => void }) {
  const { t } = useTranslation();
  const chosen = filter.options?.find((o) => o.value === value);
  return (
    <span className={classes.chip} data-active={chosen ? true : undefined}>
      <Menu position="bottom-start" withinPortal withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <button type="button" className={classes.chipButton}>
            {chosen ? `${filter.label}: ${chosen.label}` : filter.label}
            {!chosen && <ChevronDown size={13} aria-hidden="true" />}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {filter.options?.map((option) => (
            <Menu.Item key={option.value} onClick={() => set(option.value)} aria-current={option.value === value || undefined}>
              {option.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {chosen && (
        <button type="button" className={classes.chipClear} aria-label={t("list.clearFilter", { filter: filter.label })} onClick={() => set(undefined)}>
          <X size={13} aria-hidden="true" />
        </button>
      )}
    </span>
  );
}
