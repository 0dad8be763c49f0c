import { access } from "./access";
import { audit } from "./audit";
import { branding } from "./branding";
import { bring } from "./bring";
import { common } from "./common";
import { duo } from "./duo";
import { consent } from "./consent";
import { contactPasskey } from "./contactPasskey";
import { document } from "./document";
import { evidence } from "./evidence";
import { notice } from "./notice";
import { factor } from "./factor";
import { idp } from "./idp";
import { people } from "./people";
import { pod } from "./pod";
import { policy } from "./policy";
import { security } from "./security";
import { shell } from "./shell";
import { teams } from "./teams";
import { verify } from "./verify";
import { wording } from "./wording";

/** The English texts that come with the first load; what only one page says is fetched with it, see parts.ts. */
export const first = { ...common, ...shell, ...security, ...verify, ...people, ...teams, ...audit, ...branding, ...access, ...factor, ...notice, ...evidence, ...duo, ...bring, ...pod, ...policy, ...wording, ...consent, ...document, ...contactPasskey, ...idp, carrier: { title: "Carriers" } };
