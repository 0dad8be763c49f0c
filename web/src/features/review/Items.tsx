import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { CheckCheck, CheckCircle2, CircleSlash, Search, TriangleAlert, Undo2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { catalogueQuery } from "@/app/permissions";
import { useMe } from "@/app/me";
import type { AccessReview, ReviewItem } from "@/api/types";
import { BulkBar } from "@/components/list/BulkBar";
import { type Chosen, nothing, toggle, toggleRange } from "@/components/list/selection";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Acts } from "./acts";
import { itemsQuery, type View, views } from "./data";
import { KeysHint } from "./KeysHint";
import { Person } from "./Person";
import { RevokeDialog } from "./RevokeDialog";
import { useAnswers } from "./useAnswers";
import { dayIn } from "./words";
import { focusOpen, useReviewKeys } from "./useReviewKeys";
import classes from "./Review.module.css";

/** The rights in a review, by those who have them: a list to go through with the keyboard. */
export function Items({ review }: { review: AccessReview }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { view?: string };
  const running = review.state === "running";
  const { mine, open, nobody } = review.counts;
  const offered = running ? views.filter((v) => v !== "nobody" || nobody > 0) : (["all"] as const);
  const view: View = offered.find((x) => x === search.view) ?? offered[0] ?? "all";
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text.trim(), 200);
  const counts = { mine, open, nobody, all: review.counts.items };
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <section className={classes.items} aria-label={t("review.items")}>
      <div className={classes.bar}>
        {offered.length > 1 && (
          <SegmentedControl
            aria-label={t("review.viewsLabel")}
            value={view}
            onChange={(next) => void navigate({ to: ".", search: { view: next } as never, replace: true, resetScroll: false })}
            data={offered.map((value) => ({ value, label: `${t(`review.views.${value}`)} (${number.format(counts[value])})` }))}
          />
        )}
        <TextInput
          data-search
          type="search"
          aria-label={t("review.find")}
          placeholder={t("review.find")}
          leftSection={<Search size={15} aria-hidden="true" />}
          value={text}
          maxLength={100}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      {running && <KeysHint />}
      <Board key={`${review.id} ${view} ${q}`} review={review} view={view} q={q} />
    </section>
  );
}

function Board({ review, view, q }: { review: AccessReview; view: View; q: string }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const zone = me?.technician.time_zone || me?.organization.time_zone;
  const show = useMemo(() => dayIn(i18n.language, zone), [i18n.language, zone]);
  const titles = useQuery(catalogueQuery(i18n.language)).isFetched; // what single permissions are called
  const query = useInfiniteQuery(itemsQuery(review.id, view, q));
  const answers = useAnswers(review.id);
  const [chosen, setChosen] = useState<Chosen>(nothing);
  const [revoking, setRevoking] = useState<ReviewItem[] | null>(null);
  const list = useRef<HTMLDivElement>(null);
  // As they came: how they stand now is asked when it matters, and each row draws its own answer.
  const { items, at, groups } = useMemo(() => {
    const all = (query.data?.pages ?? []).flatMap((page) => page.items);
    return { items: all, at: new Map(all.map((item) => [item.grant_id, item])), groups: people(all) };
  }, [query.data]);
  const nowOf = (id: string) => {
    const item = at.get(id);
    return item && answers.now(item);
  };
  const running = review.state === "running";
  // Whoever answered the last row that is there goes on with the next one as it comes.
  const last = useRef<string | null>(null);
  useEffect(() => {
    if (last.current && list.current?.contains(document.activeElement)) {
      focusOpen(list.current, last.current);
    }
    last.current = null;
  }, [items.length]);

  /** What a key is about: what is chosen, else the row one is on. */
  const meant = (id: string | null): ReviewItem[] => (chosen.ids.size > 0 ? [...chosen.ids] : id ? [id] : []).map(nowOf).filter((x): x is ReviewItem => x !== undefined && running && x.may_answer);
  const reach = (place: number) => {
    if (place > items.length - 100 && query.hasNextPage && !query.isFetchingNextPage) {
      void query.fetchNextPage();
    }
  };
  const free = (item: ReviewItem) => !answers.mark(item.grant_id)?.sending && item.change !== "gone";
  const after = (id: string | null) => {
    setChosen(nothing);
    if (id) {
      const place = focusOpen(list.current, id); // at once: the next key is about the next row
      last.current = query.hasNextPage && place >= items.length - 1 ? id : null;
      reach(place);
    }
  };
  const say = (verb: "confirm" | "flag", id: string | null) => {
    const open = meant(id).filter((item) => free(item) && item.answer === "" && (verb === "confirm" || item.kind === "platform_role"));
    if (open.length > 0) {
      answers.say(verb, open);
      after(chosen.ids.size > 0 ? (open.at(-1)?.grant_id ?? null) : id);
    }
  };
  const confirm = (id: string | null) => say("confirm", id);
  const flag = (id: string | null) => say("flag", id);
  const revoke = async (id: string | null) => {
    const before = meant(id);
    await answers.flush(); // what was confirmed a moment ago is seen as it is then
    const there = before.map(answers.now).filter((item) => item.kind !== "platform_role" && item.change !== "gone" && item.answer !== "revoked");
    if (there.length > 0) {
      setRevoking(there.slice(0, 200));
    }
  };
  const undo = (id: string | null) => {
    const confirmed = meant(id).filter((item) => free(item) && (item.answer === "confirmed" || item.answer === "flagged"));
    if (confirmed.length > 0) {
      answers.say("undo", confirmed);
      setChosen(nothing);
    }
  };
  const person = (id: string) => {
    const all = items.filter((item) => item.subject.id === id).map(answers.now).filter((item) => free(item) && item.may_answer && item.answer === "").map((item) => item.grant_id);
    const every = all.every((x) => chosen.ids.has(x));
    setChosen({ ids: new Set(every ? [...chosen.ids].filter((x) => !all.includes(x)) : [...chosen.ids, ...all]), anchor: null, all: false });
  };
  const select = (id: string, range: boolean) => {
    if (at.get(id)?.may_answer) {
      const order = [...at.keys()];
      setChosen(range ? toggleRange(chosen, id, order) : toggle(chosen, id, order));
    }
  };
  const [acts] = useState(() => new Acts());
  useEffect(() => {
    acts.follow({ confirm, revoke: (id) => void revoke(id), flag, undo, select, person });
  });
  useReviewKeys(list, {
    onConfirm: confirm,
    onRevoke: (id) => void revoke(id),
    onFlag: flag,
    onUndo: undo,
    onSelect: select,
    onPerson: (id) => person(at.get(id)?.subject.id ?? ""),
    onClear: () => setChosen(nothing),
    onReach: reach,
  });

  if (query.isPending) {
    return <Loading rows={8} height={44} />;
  }
  if (query.isError) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  if (items.length === 0) {
    return <EmptyState icon={CheckCheck} title={t(view === "mine" ? "review.allMine" : "review.nothing")} text={view === "mine" && review.counts.open > 0 ? t("review.allMineText") : undefined} />;
  }
  return (
    <>
      <div ref={list}>
        {groups.map((of) => (
          <Person key={`${of[0]?.subject.id} ${of[0]?.grant_id}`} items={of} answers={answers} chosen={chosenOf(of, chosen.ids)} running={running} acts={acts} show={show} titles={titles} />
        ))}
      </div>
      {query.hasNextPage && (
        <Button variant="default" className={classes.more} loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t("list.more")}
        </Button>
      )}
      {chosen.ids.size > 0 && (
        <BulkBar count={chosen.ids.size} all={false} onClear={() => setChosen(nothing)}>
          <Button size="compact-sm" leftSection={<CheckCircle2 size={15} aria-hidden="true" />} onClick={() => confirm(null)}>
            {t("review.confirm")}
          </Button>
          <Button size="compact-sm" variant="default" leftSection={<Undo2 size={15} aria-hidden="true" />} onClick={() => undo(null)}>
            {t("review.undo")}
          </Button>
          {[...chosen.ids].some((id) => at.get(id)?.kind === "platform_role") && (
            <Button size="compact-sm" variant="default" leftSection={<TriangleAlert size={15} aria-hidden="true" />} onClick={() => flag(null)}>
              {t("review.flag")}
            </Button>
          )}
          <Button size="compact-sm" color="red.9" leftSection={<CircleSlash size={15} aria-hidden="true" />} onClick={() => void revoke(null)}>
            {t("review.takeAway")}
          </Button>
        </BulkBar>
      )}
      {revoking && (
        <RevokeDialog
          review={review}
          items={revoking}
          onClose={() => setRevoking(null)}
          onConfirm={(comment) => {
            answers.say("revoke", revoking, comment);
            setTimeout(() => after(revoking.at(-1)?.grant_id ?? null)); // the question is gone then
          }}
        />
      )}
    </>
  );
}

/** Which items of a person are chosen, as one text: it stays the same while that does. */
function chosenOf(items: readonly ReviewItem[], ids: ReadonlySet<string>): string {
  return ids.size === 0 ? "" : items.filter((item) => ids.has(item.grant_id)).map((item) => item.grant_id).join(" ");
}

/** The items of each person together, as they come. */
function people(items: readonly ReviewItem[]): ReviewItem[][] {
  const out: ReviewItem[][] = [];
  for (const item of items) {
    const last = out.at(-1);
    if (last?.[0]?.subject.id === item.subject.id) {
      last.push(item);
    } else {
      out.push([item]);
    }
  }
  return out;
}
