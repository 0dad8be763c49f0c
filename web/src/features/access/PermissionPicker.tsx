import { Button, Checkbox, TextInput } from "@mantine/core";
import { Search, ShieldAlert } from "lucide-react";
import { type ReactNode, useDeferredValue, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Permission, Purpose } from "@/api/types";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Badge } from "@/components/StateBadge";
import { categoriesOf, type Category, isImplied, matching } from "./catalogue";
import { useCatalogue, useSensitive } from "./data";
import classes from "./Access.module.css";

interface Props {
  label: string;
  description?: string;
  error?: ReactNode;
  value: string[];
  onChange: (value: string[]) => void;
  /** Of this purpose alone. */
  purpose?: Purpose;
  /** Those that can be chosen; all when absent. */
  fits?: (permission: Permission) => boolean;
  /** Those that are there whatever is chosen, and what is said of them. */
  given?: readonly string[];
  givenText?: string;
  /** Without the mark of what takes an approval: where that is what is chosen. */
  unmarked?: boolean;
  /** Of the chosen ones, those that take an approval; each chosen one can then be marked. */
  marks?: readonly string[];
  onMarks?: (marks: string[]) => void;
}

/** A choice of permissions by purpose and category, each with its title and what it means. */
export function PermissionPicker({ label, description, error, value, onChange, purpose, fits, ...more }: Props) {
  const { t } = useTranslation();
  const query = useCatalogue();
  const [search, setSearch] = useState("");
  const id = useId();
  const ready = useDeferredValue(true, false); // what it stands in opens first: over a hundred boxes take a moment
  if (query.isPending || !ready) {
    return <Loading rows={6} height={28} />;
  }
  if (query.isError) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} compact />;
  }
  const offered = query.data.filter((p) => (!purpose || p.purpose === purpose) && (!fits || fits(p)));
  const shown = matching(offered, search);
  const categories = categoriesOf(shown);
  const put = (names: readonly string[], on: boolean) => {
    const next = on ? [...value, ...names] : value.filter((name) => !names.includes(name));
    onChange((query.data ?? []).filter((p) => next.includes(p.name)).map((p) => p.name));
  };
  return (
    <div role="group" aria-labelledby={`${id}-label`} aria-describedby={`${id}-count`} className={classes.picker}>
      <div>
        <p className={classes.label} id={`${id}-label`}>
          {label}
        </p>
        {description && <p className={classes.soft}>{description}</p>}
      </div>
      <TextInput
        type="search"
        aria-label={t("rights.search")}
        placeholder={t("rights.search")}
        leftSection={<Search size={15} aria-hidden="true" />}
        value={search}
        maxLength={100}
        onChange={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.preventDefault()}
      />
      <p className={classes.soft} id={`${id}-count`} role="status">
        {shown.length === 0 ? t("rights.found.none") : t("rights.chosen", { count: value.length })}
      </p>
      {error && <p className={classes.error}>{error}</p>}
      {categories.map((category, i) => (
        <div key={category.key}>
          {!purpose && category.purpose !== categories[i - 1]?.purpose && <p className={classes.purpose}>{t(`rights.purpose.${category.purpose}`)}</p>}
          <Choices category={category} value={value} catalogue={query.data} onPut={put} {...more} />
        </div>
      ))}
    </div>
  );
}

const none: readonly string[] = [];

interface ChoicesProps extends Pick<Props, "given" | "givenText" | "unmarked" | "marks" | "onMarks"> {
  category: Category;
  value: readonly string[];
  catalogue: readonly Permission[];
  onPut: (names: readonly string[], on: boolean) => void;
}

function Choices({ category, value, catalogue, onPut, given = none, givenText, unmarked, marks = none, onMarks }: ChoicesProps) {
  const { t } = useTranslation();
  const isSensitive = useSensitive();
  const names = category.permissions.map((p) => p.name);
  const full = names.every((name) => value.includes(name) || given.includes(name) || (!unmarked && isImplied(name, value, catalogue)));
  return (
    <fieldset className={classes.category}>
      <legend>{category.title}</legend>
      {names.length > 1 && (
        <Button
          className={classes.whole}
          variant="subtle"
          size="compact-xs"
          aria-label={t(full ? "rights.noneOf" : "rights.allOf", { category: category.title })}
          onClick={() => onPut(names.filter((name) => !given.includes(name)), !full)}
        >
          {full ? t("rights.defaults.none") : t("rights.all")}
        </Button>
      )}
      {category.permissions.map((permission) => {
        const { name } = permission;
        const fixed = given.includes(name);
        const implied = !unmarked && isImplied(name, value, catalogue);
        return (
          <div key={name} className={classes.choice}>
            <Checkbox
              label={
                <>
                  {permission.title} {!unmarked && isSensitive(permission) && <SensitiveMark />}
                </>
              }
              description={fixed ? givenText : implied ? t("rights.implied") : permission.description}
              checked={fixed || implied || value.includes(name)}
              disabled={fixed || implied}
              onChange={(event) => onPut([name], event.currentTarget.checked)}
            />
            {onMarks && !permission.view && value.includes(name) && (
              <Checkbox
                className={classes.mark}
                size="xs"
                label={t("rights.mark")}
                aria-label={t("rights.markOne", { permission: permission.title })}
                checked={marks.includes(name)}
                onChange={(event) => onMarks(event.currentTarget.checked ? [...marks, name] : marks.filter((x) => x !== name))}
              />
            )}
          </div>
        );
      })}
    </fieldset>
  );
}

/** The mark of what takes an approval. */
export function SensitiveMark() {
  const { t } = useTranslation();
  return (
    <span title={t("rights.sensitiveText")}>
      <Badge tone="pending" icon={ShieldAlert}>
        {t("rights.sensitive")}
      </Badge>
    </span>
  );
}
