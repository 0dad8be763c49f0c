import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { RelativeTime } from "@/components/RelativeTime";
import classes from "./Audit.module.css";

/** Whether the tree over the record is whole, and by which root it can be checked elsewhere. */
export function TreeState() {
  const { t, i18n } = useTranslation();
  const query = useQuery({ queryKey: ["audit", "verification"], queryFn: () => must(api.GET("/api/audit/verification")), staleTime: 60_000 });
  const tree = query.data;
  if (!tree) {
    return null;
  }
  return (
    <div className={classes.tree}>
      <Callout tone={tree.ok ? "verified" : "denied"} title={t(tree.ok ? "audit.whole" : "audit.broken")}>
        <span className={classes.treeText}>
          {t("audit.size", { count: tree.size, formatted: tree.size.toLocaleString(i18n.language) })}
          {tree.checkpoint_at && (
            <>
              {" · "}
              {t("audit.signed")} <RelativeTime at={tree.checkpoint_at} />
            </>
          )}
          {tree.root && (
            <>
              {" · "}
              {t("audit.root")} <code className="cs-code" title={tree.root}>{tree.root.slice(0, 16)}…</code>
            </>
          )}
          {" · "}
          <a href="/api/audit/public-key" download="audit-public-key.txt">
            {t("audit.key")}
          </a>
        </span>
      </Callout>
    </div>
  );
}
