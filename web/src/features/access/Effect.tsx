import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Callout } from "@/components/Callout";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { EffectOnPerson } from "./EffectOnPerson";
import { type Effects, effectsQuery, named, type Trial } from "./effects";
import classes from "./Effect.module.css";

interface Props {
  trial: Trial;
  /** Inside a question, whose answer stays in sight. */
  bounded?: boolean;
}

/** Who would gain and lose what by a change, before it is made (ACC-18). That it cannot be said keeps nobody from the change. */
export function Effect({ trial, bounded }: Props) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const { data, error, isFetching, refetch } = useQuery(effectsQuery(trial));
  return (
    <section className={classes.effect} aria-label={t("effect.title")} aria-busy={isFetching} data-bounded={bounded || undefined}>
      <p role="status" className={classes.sum} data-nobody={data?.people === 0 || undefined}>
        {data && summary(data, t)}
        {data && data.of > 0 && ` ${t("effect.part", { tried: number.format(data.tried), of: number.format(data.of) })}`}
      </p>
      {isFetching ? (
        <Loading rows={2} height={36} />
      ) : error ? (
        <Callout tone="pending" live="polite" title={t("effect.unknown")}>
          <p className={classes.line}>{problemText(error, t)}</p>
          <Button variant="default" size="compact-sm" onClick={() => void refetch()}>
            {t("error.retry")}
          </Button>
        </Callout>
      ) : (
        data && data.items.length > 0 && <People effects={data} />
      )}
    </section>
  );
}

const opened = 10;
const listed = 50;

function People({ effects: { people, items } }: { effects: Effects }) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [most, setMost] = useState(listed);
  const found = named(items, search);
  return (
    <>
      {items.length > opened && (
        <TextInput
          type="search"
          aria-label={t("effect.find")}
          placeholder={t("effect.find")}
          leftSection={<Search size={15} aria-hidden="true" />}
          value={search}
          maxLength={100}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            setMost(listed);
          }}
          onKeyDown={(event) => event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.preventDefault()}
        />
      )}
      {found.length === 0 && <p className={classes.soft}>{t("effect.none")}</p>}
      <ul className={classes.people}>
        {found.slice(0, most).map((person) => (
          <EffectOnPerson key={person.id} person={person} open={items.indexOf(person) < opened} />
        ))}
      </ul>
      {found.length > most && (
        <Button variant="default" className={classes.more} onClick={() => setMost(most + listed)}>
          {t("list.more")}
        </Button>
      )}
      {people > items.length && <p className={classes.soft}>{t("effect.first", { count: items.length, people })}</p>}
    </>
  );
}

function summary({ people, gaining, losing }: Effects, t: TFunction): string {
  if (people === 0) {
    return t("effect.nobody");
  }
  if (losing === 0) {
    return `${t("effect.gain", { count: gaining })}.`;
  }
  return `${t("effect.losing", { count: losing })}${gaining > 0 ? `, ${t("effect.gaining", { count: gaining })}` : ""}.`;
}
