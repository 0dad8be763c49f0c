export { FormPage as SettingsForm } from "@/components/form/FormPage";
