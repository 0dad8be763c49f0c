import { type ComboboxItem, type OptionsFilter, Select, type SelectProps } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Permission } from "@/api/types";
import { categoriesOf, matching } from "./catalogue";
import { useCatalogue } from "./data";

interface Props extends Omit<SelectProps, "data" | "filter" | "searchable"> {
  /** Those that can be chosen; all when absent. */
  fits?: (permission: Permission) => boolean;
}

/** A choice of one permission by its title, found also by its meaning or its name. */
export function PermissionSelect({ fits, ...rest }: Props) {
  const { t } = useTranslation();
  const catalogue = (useCatalogue().data ?? []).filter((p) => !fits || fits(p));
  const data = categoriesOf(catalogue).map(({ purpose, title, permissions }) => ({
    group: `${t(`rights.purpose.${purpose}`)} · ${title}`,
    items: permissions.map((p) => ({ value: p.name, label: p.title })),
  }));
  const filter: OptionsFilter = ({ options, search }) => {
    const chosen = catalogue.find((p) => p.name === rest.value);
    const found = new Set(matching(catalogue, search === chosen?.title ? "" : search).map((p) => p.name));
    return options.flatMap((group) => {
      const items = "items" in group ? group.items.filter((item) => found.has((item as ComboboxItem).value)) : [];
      return "items" in group && items.length > 0 ? [{ ...group, items }] : [];
    });
  };
  return <Select placeholder={t("rights.choose")} {...rest} searchable data={data} filter={filter} nothingFoundMessage={t("rights.found.none")} maxDropdownHeight={320} comboboxProps={{ shadow: "md" }} />;
}
