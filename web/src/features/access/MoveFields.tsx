import { Radio, Select, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Grant } from "@/api/types";
import type { Form } from "@/components/form/FormDrawer";
import { plainName } from "./catalogue";
import { holderOf, type Moves, mostMoved } from "./data";

interface Props {
  /** The wider role. */
  name: string;
  grants: readonly Grant[];
  form: Form<Moves & Record<string, unknown>>;
}

/** Whose grants move to a narrower role. */
export function MoveFields({ name, grants, form }: Props) {
  const { t } = useTranslation();
  const { move, subject } = form.values;
  const holders = holdersOf(grants);
  const many = grants.length > mostMoved;
  const most = { count: mostMoved };
  return (
    <>
      <Radio.Group label={t("use.move.label")} {...form.getInputProps("move")}>
        <Stack gap={8} mt={8}>
          <Radio value="none" label={t("use.move.none")} description={t("use.move.noneText", { name: plainName(name) })} />
          <Radio
            value="all"
            disabled={many}
            label={t("use.move.all", { name: plainName(name) })}
            description={many ? t("use.move.many", most) : t("use.move.allText", { count: grants.length })}
          />
          <Radio value="one" label={t("use.move.one")} description={t("use.move.oneText")} />
        </Stack>
      </Radio.Group>
      {move === "one" && (
        <Select
          label={t("use.move.who")}
          required
          searchable
          data={holders.map((holder) => ({
            value: holder.value,
            label: t(`use.move.${holder.type}`, { name: holder.name, grants: t("use.move.grants", { count: holder.count }) }),
            disabled: holder.count > mostMoved,
          }))}
          {...form.getInputProps("subject")}
          value={holders.some((holder) => holder.value === subject) ? subject : null}
        />
      )}
    </>
  );
}

interface Holder {
  value: string;
  type: Grant["subject"]["type"];
  name: string;
  count: number;
}

function holdersOf(grants: readonly Grant[]): Holder[] {
  const found = new Map<string, Holder>();
  for (const grant of grants) {
    const value = holderOf(grant);
    const { type, name } = grant.subject;
    found.set(value, { value, type, name, count: (found.get(value)?.count ?? 0) + 1 });
  }
  return [...found.values()].toSorted((a, b) => a.name.localeCompare(b.name));
}
