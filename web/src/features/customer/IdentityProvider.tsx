import { Autocomplete, Button, Group, PasswordInput, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, isNotFound, must } from "@/api/client";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { CopyButton } from "@/components/CopyButton";
import { Facts } from "@/components/Detail";
import { ErrorState } from "@/components/ErrorState";
import { FormDrawer } from "@/components/form/FormDrawer";
import { listError } from "@/components/form/listError";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { toast } from "@/components/toast";

const queryKey = (id: string) => ["customers", id, "identity-provider"];

async function load(id: string) {
  try {
    return await must(api.GET("/api/customers/{id}/identity-provider", { params: { path: { id } } }));
  } catch (error) {
    if (isNotFound(error)) {
      return null;
    }
    throw error;
  }
}

/** Where the people of a customer sign in, so that a sign-in there can verify them. */
export function IdentityProvider({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: queryKey(id), queryFn: () => load(id) });
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const [testing, setTesting] = useState(false);
  const [answer, setAnswer] = useState("");
  const close = () => setOpen(null);
  const path = { path: { id } };
  if (query.isPending) {
    return <Loading rows={2} height={40} />;
  }
  if (query.error) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const value = query.data;
  const test = async () => {
    setTesting(true);
    try {
      const { host } = await must(api.POST("/api/customers/{id}/identity-provider/test", { params: path }));
      setAnswer(t("idp.tested", { host }));
    } catch (error) {
      setAnswer(problemText(error, t));
    } finally {
      setTesting(false);
    }
  };
  return (
    <Card
      title={t("idp.title")}
      actions={
        <Button variant="default" size="xs" onClick={() => setOpen("edit")}>
          {value ? t("edit") : t("idp.setUp")}
        </Button>
      }
    >
      {value ? (
        <>
          <Facts
            wide
            items={[
              [t("idp.issuer"), value.issuer],
              [t("idp.clientId"), value.client_id],
              [t("idp.level"), t(`level.${value.level as "L3"}`)],
              [
                t("idp.redirect"),
                <span key="redirect">
                  {value.redirect_uri} <CopyButton value={value.redirect_uri} />
                </span>,
              ],
            ]}
          />
          <Group mt="sm" gap="xs">
            <Button variant="default" loading={testing} onClick={() => void test()}>
              {t("idp.test")}
            </Button>
            <Button variant="subtle" color="red" onClick={() => setOpen("remove")}>
              {t("idp.remove")}
            </Button>
            <span role="status">{answer}</span>
          </Group>
        </>
      ) : (
        <p>{t("idp.none")}</p>
      )}
      <FormDrawer
        key={value?.version ?? 0}
        opened={open === "edit"}
        onClose={close}
        title={value ? t("idp.edit") : t("idp.setUp")}
        required={{ issuer: t("idp.issuer"), client_id: t("idp.clientId") }}
        initial={{
          issuer: value?.issuer ?? "",
          client_id: value?.client_id ?? "",
          client_secret: "",
          scopes: value?.scopes ?? ["openid", "email", "profile"],
          acr_values: value?.acr_values ?? [],
          acrs: value?.acrs ?? "",
          amr: value?.amr ?? [],
          person_claim: value?.person_claim ?? "email",
        }}
        onSave={async ({ client_secret, ...values }) => {
          const body = { ...values, ...(client_secret ? { client_secret } : {}) };
          const saved = await must(api.PUT("/api/customers/{id}/identity-provider", { params: { ...path, header: value ? ifMatch(value.version) : {} }, body }));
          setAnswer("");
          queries.setQueryData(queryKey(id), saved);
          toast(t("saved", { name: t("idp.title") }));
        }}
      >
        {(form) => (
          <>
            <TextInput label={t("idp.issuer")} description={t("idp.issuerHelp")} type="url" required data-autofocus {...form.getInputProps("issuer")} />
            <TextInput label={t("idp.clientId")} required autoComplete="off" {...form.getInputProps("client_id")} />
            <PasswordInput
              label={t("idp.secret")}
              description={value?.client_secret_set ? t("idp.secretHelp") : undefined}
              placeholder={value?.client_secret_set ? t("idp.kept") : undefined}
              autoComplete="new-password"
              visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
              {...form.getInputProps("client_secret")}
            />
            <Autocomplete label={t("idp.claim")} description={t("idp.claimHelp")} data={["email", "preferred_username"]} {...form.getInputProps("person_claim")} />
            <TextInput label={t("idp.acrs")} description={t("idp.acrsHelp")} placeholder="c1" {...form.getInputProps("acrs")} />
            <TagsInput label={t("idp.acr")} description={t("idp.acrHelp")} splitChars={[",", " "]} {...form.getInputProps("acr_values")} error={listError(form.errors, "acr_values")} />
            <TagsInput label={t("idp.amr")} description={t("idp.amrHelp")} splitChars={[",", " "]} {...form.getInputProps("amr")} error={listError(form.errors, "amr")} />
            <TagsInput label={t("idp.scopes")} splitChars={[",", " "]} {...form.getInputProps("scopes")} error={listError(form.errors, "scopes")} />
          </>
        )}
      </FormDrawer>
      <Confirm
        opened={open === "remove"}
        onClose={close}
        title={t("idp.remove")}
        action={t("idp.remove")}
        onConfirm={async () => {
          await must(api.DELETE("/api/customers/{id}/identity-provider", { params: { ...path, header: ifMatch(value?.version ?? 0) } }));
          setAnswer("");
          await queries.invalidateQueries({ queryKey: queryKey(id) });
        }}
      >
        {t("idp.removeText")}
      </Confirm>
    </Card>
  );
}
