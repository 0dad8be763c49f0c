import { ActionIcon, Button, Checkbox } from "@mantine/core";
import { Check, CircleSlash, TriangleAlert, Undo2, UserRound, Users } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { ReviewItem } from "@/api/types";
import { useMe } from "@/app/me";
import { problemText } from "@/components/problemText";
import { Badge } from "@/components/StateBadge";
import { AnswerState } from "./ReviewState";
import type { Acts } from "./acts";
import type { Mark } from "./answers";
import { dayIn, factsOf, scopeTitle } from "./words";
import classes from "./Review.module.css";

interface Props {
  items: ReviewItem[];
  marks: ReadonlyMap<string, Mark>;
  chosen: ReadonlySet<string>;
  running: boolean;
  acts: Acts;
}

/** Somebody, or a team, with every grant of theirs. */
export function Person({ items, marks, chosen, running, acts }: Props) {
  const { t } = useTranslation();
  const subject = items[0]?.subject;
  if (!subject) {
    return null;
  }
  const Icon = subject.type === "team" ? Users : UserRound;
  const waiting = items.filter((item) => item.may_answer && item.answer === "" && item.change !== "gone" && !marks.get(item.grant_id)?.sending);
  return (
    <section className={classes.person} aria-label={subject.name}>
      <header className={classes.name}>
        <Icon size={16} aria-hidden="true" />
        <h2>{subject.type === "team" ? t("review.team", { name: subject.name }) : subject.name}</h2>
        <span className={classes.soft}>{t("review.grants", { count: items.length })}</span>
        {running && waiting.length > 1 && (
          <Button variant="subtle" size="compact-xs" onClick={() => acts.person(subject.id)}>
            {t("review.choosePerson")}
          </Button>
        )}
      </header>
      <ul>
        {items.map((item) => (
          <Row key={item.grant_id} item={item} mark={marks.get(item.grant_id)} chosen={chosen.has(item.grant_id)} running={running} acts={acts} />
        ))}
      </ul>
    </section>
  );
}

const Row = memo(function Row({ item, mark, chosen, running, acts }: { item: ReviewItem; mark: Mark | undefined; chosen: boolean; running: boolean; acts: Acts }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const zone = me?.technician.time_zone || me?.organization.time_zone;
  const what = t("review.on", { role: item.role.name, scope: scopeTitle(item.scope, t) });
  const shown = mark?.sending ? { ...item, answer: sent[mark.sending] } : item;
  const answers = running && item.may_answer && item.change !== "gone";
  const free = answers && !mark?.sending;
  const refused = mark?.code ? t(`reason.${mark.code.replaceAll(".", "_")}` as "reason.access_denied", { defaultValue: mark.code }) : mark?.failure ? problemText(mark.failure, t) : "";
  return (
    <li className={classes.row} data-id={item.grant_id} data-open={answers && shown.answer === "" && !refused} data-chosen={chosen || undefined}>
      {running ? (
        // Never disabled: the keys pass over each row.
        <Checkbox
          data-row
          size="xs"
          aria-label={`${item.subject.name}: ${what}`}
          aria-disabled={!answers || undefined}
          className={answers ? undefined : classes.shut}
          checked={chosen}
          readOnly
          onClick={(event) => answers && acts.select(item.grant_id, event.shiftKey)}
        />
      ) : (
        <span />
      )}
      <div className={classes.what}>
        <span className={classes.role}>{what}</span>
        <span className={classes.soft}>{factsOf(item, t, dayIn(i18n.language, zone)).join(" · ")}</span>
        {item.comment && <q className={classes.soft}>{item.comment}</q>}
        {refused && (
          <span role="alert" className={classes.error}>
            {refused}
          </span>
        )}
      </div>
      <div className={classes.state}>
        {item.change === "changed" && (
          <Badge tone="pending" icon={TriangleAlert}>
            {t("review.changed")}
          </Badge>
        )}
        {item.own && item.answer === "" ? <span className={classes.soft}>{t("review.own")}</span> : <AnswerState item={shown} />}
      </div>
      <div className={classes.acts}>
        {answers &&
          (shown.answer === "confirmed" ? (
            <ActionIcon variant="subtle" color="gray" aria-label={t("review.undoOf", { what })} title={`${t("review.undo")} (u)`} disabled={!free} onClick={() => acts.undo(item.grant_id)}>
              <Undo2 size={16} />
            </ActionIcon>
          ) : (
            shown.answer === "" && (
              <ActionIcon variant="light" aria-label={t("review.confirmOf", { what })} title={`${t("review.confirm")} (c)`} disabled={!free} onClick={() => acts.confirm(item.grant_id)}>
                <Check size={16} />
              </ActionIcon>
            )
          ))}
        {answers && shown.answer !== "revoked" && (
          <ActionIcon variant="subtle" color="red.9" aria-label={t("review.takeAwayOf", { what })} title={`${t("review.takeAway")} (r)`} disabled={!free} onClick={() => acts.revoke(item.grant_id)}>
            <CircleSlash size={16} />
          </ActionIcon>
        )}
      </div>
    </li>
  );
});

const sent = { confirm: "confirmed", revoke: "revoked", undo: "" } as const;
