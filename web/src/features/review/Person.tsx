import { Check, CircleSlash, TriangleAlert, Undo2, UserRound, Users } from "lucide-react";
import { memo, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { ReviewItem } from "@/api/types";
import { problemText } from "@/components/problemText";
import { Badge } from "@/components/StateBadge";
import { AnswerState } from "./ReviewState";
import type { Acts } from "./acts";
import type { Answers } from "./answers";
import { factsOf, whatOf } from "./words";
import classes from "./Review.module.css";

interface Around {
  answers: Answers;
  running: boolean;
  acts: Acts;
  /** Writes a day. */
  show: (at: string) => string;
  /** Whether it is known what permissions are called. */
  titles: boolean;
}

interface Props extends Around {
  items: ReviewItem[];
  /** The ids of those that are chosen, with spaces between them. */
  chosen: string;
}

// There can be thousands of rows: each is made of plain elements, asks for nothing itself, and is drawn again only for what is about it.

/** Somebody, or a team, with every right of theirs. */
export const Person = memo(function Person({ items, chosen, ...around }: Props) {
  const { answers, running, acts } = around;
  const { t } = useTranslation();
  const waits = (item: ReviewItem) => item.may_answer && item.answer === "" && item.change !== "gone" && !answers.mark(item.grant_id)?.sending;
  const several = useSyncExternalStore(answers.subscribe, () => items.filter((item) => waits(answers.now(item))).length > 1);
  const subject = items[0]?.subject;
  if (!subject) {
    return null;
  }
  const Icon = subject.type === "team" ? Users : UserRound;
  const ids = new Set(chosen.split(" "));
  return (
    <section className={classes.person} aria-label={subject.name}>
      <header className={classes.name}>
        <Icon size={16} aria-hidden="true" />
        <h2>{subject.type === "team" ? t("review.team", { name: subject.name }) : subject.name}</h2>
        <span className={classes.soft}>{t("review.grants", { count: items.length })}</span>
        {running && several && (
          <button type="button" className={classes.choose} onClick={() => acts.person(subject.id)}>
            {t("review.choosePerson")}
          </button>
        )}
      </header>
      <ul>
        {items.map((item) => (
          <Row key={item.grant_id} came={item} chosen={ids.has(item.grant_id)} {...around} />
        ))}
      </ul>
    </section>
  );
});

const Row = memo(function Row({ came, chosen, answers, running, acts, show }: Around & { came: ReviewItem; chosen: boolean }) {
  const { t } = useTranslation();
  const mark = useSyncExternalStore(answers.subscribe, () => answers.mark(came.grant_id));
  const item = mark?.item ?? came;
  const what = whatOf(item, t);
  const shown = mark?.sending ? { ...item, answer: sent[mark.sending] } : item;
  const open = running && item.may_answer && item.change !== "gone";
  const refused = mark?.code ? t(`reason.${mark.code.replaceAll(".", "_")}` as "reason.access_denied", { defaultValue: mark.code }) : mark?.failure ? problemText(mark.failure, t) : "";
  return (
    <li className={classes.row} data-id={item.grant_id} data-open={open && shown.answer === "" && !refused} data-chosen={chosen || undefined}>
      {running ? (
        // Never disabled: the keys pass over each row.
        <input
          type="checkbox"
          data-row
          aria-label={`${item.subject.name}: ${what}`}
          aria-disabled={!open || undefined}
          className={open ? classes.tick : `${classes.tick} ${classes.shut}`}
          checked={chosen}
          readOnly
          onClick={(event) => open && acts.select(item.grant_id, event.shiftKey)}
        />
      ) : (
        <span />
      )}
      <div className={classes.what}>
        <span className={classes.role}>{what}</span>
        <span className={classes.soft}>{factsOf(item, t, show).join(" · ")}</span>
        {shown.answer === "flagged" && (
          <a className={classes.away} href={`/technicians/${item.subject.id}`} target="_blank" rel="noreferrer">
            {t("review.toPerson", { name: item.subject.name })}
          </a>
        )}
        {item.reason && <span className={classes.soft}>{t(item.kind === "platform_role" ? "review.platformKept" : "review.ownerKept")}</span>}
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
      <div className={classes.acts}>{open && <Buttons item={shown} what={what} free={!mark?.sending} acts={acts} />}</div>
    </li>
  );
});

/** What can be done with a row. Each is a key too. */
function Buttons({ item: { kind, answer, grant_id }, what, free, acts }: { item: Pick<ReviewItem, "kind" | "answer" | "grant_id">; what: string; free: boolean; acts: Acts }) {
  const { t } = useTranslation();
  const platform = kind === "platform_role";
  return (
    <>
      {(answer === "confirmed" || answer === "flagged") && (
        <button type="button" className={classes.act} aria-label={t("review.undoOf", { what })} title={`${t("review.undo")} (u)`} disabled={!free} onClick={() => acts.undo(grant_id)}>
          <Undo2 size={16} aria-hidden="true" />
        </button>
      )}
      {answer === "" && (
        <button type="button" className={classes.act} data-main aria-label={t("review.confirmOf", { what })} title={`${t("review.confirm")} (c)`} disabled={!free} onClick={() => acts.confirm(grant_id)}>
          <Check size={16} aria-hidden="true" />
        </button>
      )}
      {platform && answer === "" && (
        <button type="button" className={classes.act} aria-label={t("review.flagOf", { what })} title={`${t("review.flag")} (f)`} disabled={!free} onClick={() => acts.flag(grant_id)}>
          <TriangleAlert size={16} aria-hidden="true" />
        </button>
      )}
      {!platform && answer !== "revoked" && (
        <button type="button" className={classes.act} data-away aria-label={t("review.takeAwayOf", { what })} title={`${t("review.takeAway")} (r)`} disabled={!free} onClick={() => acts.revoke(grant_id)}>
          <CircleSlash size={16} aria-hidden="true" />
        </button>
      )}
    </>
  );
}

const sent = { confirm: "confirmed", revoke: "revoked", flag: "flagged", undo: "" } as const;
