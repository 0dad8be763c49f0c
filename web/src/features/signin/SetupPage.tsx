import { Button, PasswordInput, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { Loading } from "@/components/Loading";
import { formProblem } from "@/components/form/formProblem";
import { useCountries } from "@/features/settings/countries";
import { Entry } from "./Entry";
import classes from "./Entry.module.css";
import { enter } from "./enter";
import { useToken } from "./useToken";

const empty = { organization: "", region: "US", name: "", email: "", password: "" };

/** The first page of a new installation: the organization and its owner. */
export function SetupPage() {
  const { t } = useTranslation();
  const token = useToken();
  const state = useQuery({ queryKey: ["setup"], queryFn: () => must(api.GET("/api/setup")) });
  if (state.isPending) {
    return (
      <Entry title={t("setup.title")}>
        <Loading rows={3} />
      </Entry>
    );
  }
  if (state.data?.needed === false) {
    return (
      <Entry title={t("setup.doneTitle")} text={t("setup.doneText")}>
        <Button component={Link} to="/sign-in" mt="md" fullWidth>
          {t("signin.title")}
        </Button>
      </Entry>
    );
  }
  return (
    <Entry title={t("setup.title")} text={t("setup.text")}>
      {token ? <Form token={token} /> : <Callout tone="pending">{t("setup.noToken")}</Callout>}
    </Entry>
  );
}

function Form({ token }: { token: string }) {
  const { t } = useTranslation();
  const countries = useCountries();
  const form = useForm({ initialValues: empty });
  const save = useMutation({
    mutationFn: () => must(api.POST("/api/setup", { body: { token, ...form.values } })),
    onSuccess: (answer) => enter(answer),
    onError: (error) => {
      form.setErrors(formProblem(error, empty, t).byField);
    },
  });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        form.clearErrors();
        save.mutate();
      }}
    >
      {save.isError && <Callout tone="denied">{formProblem(save.error, empty, t).summary.text}</Callout>}
      <TextInput label={t("setup.organization")} required autoComplete="organization" autoFocus {...form.getInputProps("organization")} />
      <Select label={t("setup.region")} description={t("setup.regionHelp")} data={countries} searchable allowDeselect={false} {...form.getInputProps("region")} />
      <TextInput label={t("setup.name")} required autoComplete="name" {...form.getInputProps("name")} />
      <TextInput label={t("signin.email")} type="email" required autoComplete="username" {...form.getInputProps("email")} />
      <PasswordInput
        label={t("signin.password")}
        description={t("signin.newHelp")}
        required
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
        {...form.getInputProps("password")}
      />
      <Button type="submit" size="md" loading={save.isPending}>
        {t("setup.submit")}
      </Button>
    </form>
  );
}
