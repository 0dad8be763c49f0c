import { ActionIcon, Button, Checkbox, Popover, Tooltip } from "@mantine/core";
import { ArrowDown, ArrowUp, Columns3 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { arrange, asDesigned, type ColumnChoice, moveColumn, toggleColumn } from "./columns";
import type { Column } from "./Rows";
import classes from "./List.module.css";

interface Props<T> {
  columns: Column<T>[];
  choice: ColumnChoice;
  onChange: (choice: ColumnChoice) => void;
}

/** Which columns a list shows, and in which order. */
export function ColumnsMenu<T>({ columns, choice, onChange }: Props<T>) {
  const { t } = useTranslation();
  const movable = arrange(columns, choice).filter((a) => !a.fixed);
  return (
    <Popover position="bottom-end" width={280} trapFocus withinPortal shadow="md">
      <Popover.Target>
        <Tooltip label={t("list.columns")}>
          <ActionIcon variant="default" size={32} aria-label={t("list.columns")}>
            <Columns3 size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("list.columns")}>
        <ul className={classes.columns}>
          {movable.map(({ column, shown }, i) => (
            <li key={column.key}>
              <Checkbox label={column.header} checked={shown} onChange={() => onChange(toggleColumn(columns, choice, column.key))} />
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                disabled={i === 0}
                aria-label={t("list.columnUp", { column: column.header })}
                onClick={() => onChange(moveColumn(columns, choice, column.key, -1))}
              >
                <ArrowUp size={14} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                disabled={i === movable.length - 1}
                aria-label={t("list.columnDown", { column: column.header })}
                onClick={() => onChange(moveColumn(columns, choice, column.key, 1))}
              >
                <ArrowDown size={14} />
              </ActionIcon>
            </li>
          ))}
        </ul>
        <Button variant="subtle" color="gray" size="compact-sm" onClick={() => onChange(asDesigned)}>
          {t("list.columnsReset")}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
