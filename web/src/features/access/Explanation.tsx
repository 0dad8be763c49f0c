import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { AccessPath, Place } from "@/api/types";
import { useCan, useMe } from "@/app/me";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { useNow } from "@/components/useNow";
import { LendButton, UseButton } from "@/features/approval";
import { explanationQuery } from "./data";
import { missText, type Piece, sentence, verdict } from "./sentences";
import classes from "./Access.module.css";

interface Props {
  technicianId: string;
  permission: string;
  on: Place;
  /** Opens what assigns customers, where one may. */
  onAssign?: () => void;
}

/** Why a decision comes out as it does: what gives or takes it, what comes near, and who could give it. */
export function Explanation({ technicianId, permission, on, onAssign }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const query = useQuery(explanationQuery(technicianId, permission, on));
  if (query.isPending) {
    return <Loading rows={2} height={20} />;
  }
  if (query.isError) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} compact />;
  }
  const { outcome, reason, because, misses, who_could_give } = query.data;
  // Nobody asks for others.
  const own = me?.technician.id === technicianId;
  const denies = reason === "explicit_deny";
  return (
    <div className={classes.explanation}>
      <p>{verdict(query.data, t)}</p>
      <Paths title={t("rights.because")} paths={reason === "owner" ? [] : because} denies={denies} />
      <Paths title={t("rights.near")} paths={misses} denies={false} />
      {reason === "customer_out_of_scope" && onAssign && (
        <Anchor component="button" type="button" onClick={onAssign}>
          {t("rights.assign")}
        </Anchor>
      )}
      {outcome === "deny" && <Givers people={who_could_give} />}
      {own && (
        <Suspense fallback={null}>
          {outcome === "needs_approval" && <UseButton permission={permission} on={on} />}
          {outcome === "deny" && reason === "no_grant" && <LendButton size="compact-sm" on={on} permission={permission} />}
        </Suspense>
      )}
    </div>
  );
}

function Paths({ title, paths, denies }: { title: string; paths: readonly AccessPath[]; denies: boolean }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const now = useNow(60_000);
  if (paths.length === 0) {
    return null;
  }
  const telling = { t, language: i18n.language, now, zone: me?.technician.time_zone || me?.organization.time_zone };
  return (
    <div>
      <h4>{title}</h4>
      <ul>
        {paths.map((path) => (
          <li key={`${path.by} ${path.id} ${path.team?.id} ${path.at?.id}`}>
            <Sentence pieces={sentence(path, denies, telling)} /> {missText(path.miss, t)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A sentence whose things lead to their pages, as far as one may open them. */
export function Sentence({ pieces }: { pieces: readonly Piece[] }) {
  const can = useCan();
  const opens = (to: string) => can("admin.technicians") || !(to.startsWith("/roles") || to.startsWith("/teams"));
  return pieces.map((piece, i) =>
    piece.to && opens(piece.to) ? (
      <Link key={i} to={piece.to}>
        {piece.text}
      </Link>
    ) : (
      piece.text
    ),
  );
}

function Givers({ people }: { people: readonly { id: string; name: string }[] }) {
  const { t } = useTranslation();
  const opens = useCan()("admin.technicians");
  return (
    <div>
      <h4>{t("rights.could")}</h4>
      {people.length === 0 ? (
        <p>{t("rights.couldNobody")}</p>
      ) : (
        <p>
          {people.map((x, i) => (
            <span key={x.id}>
              {i > 0 && ", "}
              {opens ? (
                <Link to="/technicians/$id" params={{ id: x.id }}>
                  {x.name}
                </Link>
              ) : (
                x.name
              )}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}
