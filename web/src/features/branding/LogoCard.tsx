import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { meQuery, useMe } from "@/app/me";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { FileDrop } from "@/components/FileDrop";
import { problemText } from "@/components/problemText";
import { toast } from "@/components/toast";
import classes from "./Branding.module.css";
import { brandingKey, loadBranding } from "./data";

const accept = "image/png,image/jpeg,image/gif,image/webp";

/** The logo: uploaded, seen, removed. */
export function LogoCard() {
  const { t } = useTranslation();
  const me = useMe();
  const { data } = useQuery({ queryKey: brandingKey, queryFn: loadBranding });
  const settle = (word: "branding.logoSaved" | "branding.logoRemoved") => ({
    onSuccess: () => {
      toast(t(word));
      void queries.invalidateQueries({ queryKey: brandingKey });
      void queries.invalidateQueries({ queryKey: meQuery.queryKey });
    },
    onError: (error: unknown) => toast(problemText(error, t), "denied"),
  });
  const upload = useMutation({
    mutationFn: (file: File) =>
      must(api.PUT("/api/settings/branding/logo", { body: file as never, bodySerializer: (body: unknown) => body as never, headers: { "Content-Type": file.type } })),
    ...settle("branding.logoSaved"),
  });
  const remove = useMutation({ mutationFn: () => must(api.DELETE("/api/settings/branding/logo")), ...settle("branding.logoRemoved") });
  const logo = data?.logo_url as string | null | undefined;
  return (
    <Card title={t("branding.logo")}>
      {logo && (
        <div className={classes.current}>
          <img src={logo} alt={data?.display_name || me?.organization.name || ""} />
          <Button variant="subtle" color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t("branding.logoRemove")}
          </Button>
        </div>
      )}
      <FileDrop label={t("branding.logoDrop")} hint={t("branding.logoHelp")} accept={accept} maxBytes={1024 * 1024} busy={upload.isPending} onFile={(file) => upload.mutate(file)} />
    </Card>
  );
}
