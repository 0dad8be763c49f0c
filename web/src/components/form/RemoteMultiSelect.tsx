import { Loader, MultiSelect, type MultiSelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery, type QueryKey } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Choice } from "./RemoteSelect";

interface Props extends Omit<MultiSelectProps, "data" | "value" | "onChange" | "searchValue"> {
  queryKey: QueryKey;
  load: (q: string) => Promise<Choice[]>;
  value: string[];
  onChange: (value: string[]) => void;
  /** What stands for the values before the server was asked. */
  known?: readonly Choice[];
}

/** Several choices among things of which there may be very many: the server searches. */
export function RemoteMultiSelect({ queryKey, load, value, onChange, known, ...rest }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text.trim(), 180);
  const [opened, setOpened] = useState(false);
  const [picked, setPicked] = useState<readonly Choice[]>([]);
  const found = useQuery({ queryKey: [...queryKey, "choices", q], queryFn: () => load(q), enabled: opened, placeholderData: keepPreviousData });
  const items = found.data ?? [];
  const labels = new Map([...(known ?? []), ...picked, ...items].map((choice) => [choice.value, choice.label]));
  const chosen = value.filter((id) => !items.some((choice) => choice.value === id)).map((id) => ({ value: id, label: labels.get(id) ?? "…" }));
  return (
    <MultiSelect
      {...rest}
      searchable
      openOnFocus={false}
      hidePickedOptions
      data={[...chosen, ...items]}
      filter={({ options }) => options.filter((option) => !("value" in option) || !chosen.some((choice) => choice.value === option.value))}
      value={value}
      searchValue={text}
      onSearchChange={setText}
      onDropdownOpen={() => setOpened(true)}
      onChange={(next) => {
        setPicked(next.map((id) => ({ value: id, label: labels.get(id) ?? id })));
        onChange(next);
      }}
      nothingFoundMessage={found.isFetching ? t("loading") : t("list.none")}
      rightSection={found.isFetching ? <Loader size={14} /> : undefined}
      comboboxProps={{ shadow: "md" }}
    />
  );
}
