import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { toast } from "@/components/toast";
import type { Document } from "./data";
import classes from "./Document.module.css";

/** Who changed a document when, and the way back to how it was. */
export function Versions({ doc }: { doc: Document }) {
  const { t } = useTranslation();
  const path = { key: doc.key, language: doc.language };
  const found = useInfiniteQuery({
    queryKey: ["documents", doc.key, doc.language, "versions"],
    queryFn: ({ pageParam }) => must(api.GET("/api/documents/{key}/{language}/versions", { params: { path, query: { limit: 20, ...(pageParam && { cursor: pageParam }) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
  const restore = useMutation({
    mutationFn: (number: number) => must(api.POST("/api/documents/{key}/{language}/restore", { params: { path, header: ifMatch(doc.version) }, body: { number } })),
    onSuccess: () => {
      toast(t("settings.saved"));
      return queries.invalidateQueries({ queryKey: ["documents"] });
    },
  });
  if (!found.data) {
    return found.isPending ? <Loading rows={4} height={40} /> : <ErrorState error={found.error} retry={() => void found.refetch()} />;
  }
  const items = found.data.pages.flatMap((page) => page.items);
  return (
    <div className={classes.stack}>
      {items.length === 0 && <p className={classes.soft}>{t("docs.noVersions")}</p>}
      {restore.isError && <Callout tone="denied">{problemText(restore.error, t)}</Callout>}
      <ul className={classes.versions}>
        {items.map((v) => (
          <li key={v.number}>
            <span>
              <strong>{t("docs.version", { number: v.number })}</strong> {v.action === "reset" ? t("wording.default") : v.title}
              <span className={classes.soft}>
                {" "}
                {v.by_name}, <RelativeTime at={v.at} />
              </span>
            </span>
            {v.action !== "reset" && v.number !== doc.version && (
              <Button size="compact-md" variant="default" loading={restore.isPending && restore.variables === v.number} onClick={() => restore.mutate(v.number)}>
                {t("docs.restore")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("docs.older")}
        </Button>
      )}
    </div>
  );
}
