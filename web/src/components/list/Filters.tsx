import { Menu } from "@mantine/core";
import { ChevronDown, ListFilterPlus, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ListState } from "./useListState";
import classes from "./List.module.css";

export interface Filter {
  /** The parameter of the server, and of the URL. */
  key: string;
  label: string;
  options?: { value: string; label: string }[];
  /** For a filter that is not a short choice; see FilterFields. */
  render?: (value: string | undefined, set: (value: string | undefined) => void) => ReactNode;
  /** Always on screen, not only once it is chosen from the menu. */
  pinned?: boolean;
}

// So few fit beside the search without a menu.
const few = 2;

/** Filters as chips. Of many, only those in use are on screen; a menu adds the others. */
export function Filters({ filters, state }: { filters: Filter[]; state: ListState }) {
  const { t } = useTranslation();
  const [added, setAdded] = useState<readonly string[]>([]);
  const isShown = (f: Filter) => filters.length <= few || f.pinned === true || Boolean(state.filters[f.key]) || added.includes(f.key);
  const rest = filters.filter((f) => !isShown(f));
  return (
    <>
      {filters.filter(isShown).map((filter) => {
        const value = state.filters[filter.key];
        const set = (next: string | undefined) => {
          setAdded((keys) => keys.filter((key) => key !== filter.key || next === undefined));
          state.setFilter(filter.key, next);
        };
        return filter.render ? (
          <span key={filter.key}>{filter.render(value, set)}</span>
        ) : (
          <Chip key={filter.key} filter={filter} value={value} set={set} opened={added.includes(filter.key) && !value} />
        );
      })}
      {rest.length > 0 && (
        <Menu position="bottom-start" withInitialFocusPlaceholder={false} returnFocus={false}>
          <Menu.Target>
            <button type="button" className={classes.addFilter}>
              <ListFilterPlus size={15} aria-hidden="true" />
              {t("list.addFilter")}
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            {rest.map((filter) => (
              <Menu.Item key={filter.key} onClick={() => setAdded([...added, filter.key])}>
                {filter.label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

interface ChipProps {
  filter: Filter;
  value?: string;
  set: (value: string | undefined) => void;
  /** Just added from the menu: its choices are open at once. */
  opened: boolean;
}

function Chip({ filter, value, set, opened }: ChipProps) {
  const { t } = useTranslation();
  const chosen = filter.options?.find((o) => o.value === value);
  return (
    <span className={classes.chip} data-active={chosen ? true : undefined}>
      <Menu position="bottom-start" withinPortal withInitialFocusPlaceholder={false} defaultOpened={opened}>
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
