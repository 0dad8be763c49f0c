import { Loader, Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery, type QueryKey } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

export interface Choice {
  value: string;
  label: string;
}

interface Props extends Omit<SelectProps, "data" | "value" | "onChange" | "searchValue"> {
  queryKey: QueryKey;
  load: (q: string) => Promise<Choice[]>;
  value: string | null;
  onChange: (value: string | null, label: string) => void;
  /** What stands for `value` before the server was asked. */
  known?: Choice | null;
}

/** A choice among things of which there may be very many: the server searches. */
export function RemoteSelect({ queryKey, load, value, onChange, known, ...rest }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(known?.label ?? "");
  const [picked, setPicked] = useState<Choice | null>(known ?? null);
  const shown = picked && picked.value === value ? picked : known && known.value === value ? known : null;
  const typed = text === shown?.label ? "" : text;
  const [q] = useDebouncedValue(typed, 180);
  const [opened, setOpened] = useState(false);
  const found = useQuery({ queryKey: [...queryKey, "choices", q], queryFn: () => load(q), enabled: opened, placeholderData: keepPreviousData });
  const items = found.data ?? [];
  const data = shown && !items.some((o) => o.value === shown.value) ? [shown, ...items] : items;
  return (
    <Select
      {...rest}
      searchable
      data={data}
      filter={({ options }) => options}
      value={value}
      searchValue={text}
      onSearchChange={setText}
      onDropdownOpen={() => setOpened(true)}
      onChange={(next, option) => {
        const label = option?.label ?? "";
        setPicked(next ? { value: next, label } : null);
        onChange(next, label);
      }}
      nothingFoundMessage={found.isFetching ? t("loading") : t("list.none")}
      rightSection={found.isFetching ? <Loader size={14} /> : undefined}
      comboboxProps={{ shadow: "md" }}
    />
  );
}
