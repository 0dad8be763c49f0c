import { Checkbox, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Import } from "@/api/types";
import { useCan } from "@/app/me";
import { fieldName } from "./data";
import classes from "./Import.module.css";

interface Props {
  file: Import;
  mapping: Import["mapping"];
  options: Import["options"];
  onMapping: (mapping: Import["mapping"]) => void;
  onOptions: (options: Import["options"]) => void;
}

/** Each column of a file with samples, and the choice of what it holds. */
export function Mapping({ file, mapping, options, onMapping, onOptions }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const fieldOf = (column: number) => Object.keys(mapping).find((field) => mapping[field] === column) ?? null;
  const choose = (column: number, field: string | null) => {
    const rest = Object.entries(mapping).filter(([name, at]) => at !== column && name !== field);
    onMapping(Object.fromEntries(field ? [...rest, [field, column]] : rest));
  };
  return (
    <>
      <div className={classes.scroll}>
        <table className={classes.mapping}>
          <thead>
            <tr>
              <th scope="col">{t("import.column")}</th>
              <th scope="col">{t("import.samples")}</th>
              <th scope="col">{t("import.holds")}</th>
            </tr>
          </thead>
          <tbody>
            {file.columns.map((column, i) => {
              const own = `custom:${column.name}`.slice(0, 67);
              return (
                <tr key={`${i}${column.name}`}>
                  <th scope="row">{column.name || `#${i + 1}`}</th>
                  <td className={classes.samples}>{column.samples.join(" · ")}</td>
                  <td>
                    <Select
                      aria-label={t("import.holdsOf", { column: column.name || `#${i + 1}` })}
                      placeholder={t("import.leaveOut")}
                      clearable
                      searchable
                      data={[
                        ...file.fields.map((f) => ({ value: f.name, label: fieldName(f.name, t) })),
                        ...(file.kind === "contacts" && column.name ? [{ value: own, label: t("import.ownField") }] : []),
                      ]}
                      value={fieldOf(i)}
                      onChange={(value) => choose(i, value)}
                    />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {(file.kind === "contacts" || file.kind === "devices") && can("admin.customers") && (
        <Checkbox
          label={t("import.createCustomers")}
          description={t("import.createCustomersText")}
          checked={options.create_customers ?? false}
          onChange={(event) => onOptions({ ...options, create_customers: event.currentTarget.checked })}
        />
      )}
      {file.kind === "technicians" && (
        <Checkbox
          label={t("import.sendInvitations")}
          description={t("import.sendInvitationsText")}
          checked={options.send_invitations ?? false}
          onChange={(event) => onOptions({ ...options, send_invitations: event.currentTarget.checked })}
        />
      )}
    </>
  );
}
