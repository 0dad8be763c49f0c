import { Mark } from "@/components/Mark";
import classes from "./Branding.module.css";

interface Props {
  brand: { name: string; logo_url: string | null } | undefined;
  size: number;
}

/** Whose pages these are: the organization's logo, or its name beside the mark. */
export function BrandMark({ brand, size }: Props) {
  if (brand?.logo_url) {
    return <img className={classes.logo} src={brand.logo_url} alt={brand.name} style={{ height: size * 1.2 }} />;
  }
  return (
    <>
      <Mark size={size} /> {brand?.name ?? "Countersign"}
    </>
  );
}
