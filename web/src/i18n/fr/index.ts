import type { en } from "../en/all";
import type { Texts } from "../shape";
import { access } from "./access";
import { audit } from "./audit";
import { branding } from "./branding";
import { bring } from "./bring";
import { carrier } from "./carrier";
import { common } from "./common";
import { duo } from "./duo";
import { consent } from "./consent";
import { contactPasskey } from "./contactPasskey";
import { evidence } from "./evidence";
import { mailReason } from "./mailReason";
import { notice } from "./notice";
import { factor } from "./factor";
import { idp } from "./idp";
import { outbox } from "./outbox";
import { people } from "./people";
import { pod } from "./pod";
import { policy } from "./policy";
import { reasons } from "./reasons";
import { security } from "./security";
import { shell } from "./shell";
import { teams } from "./teams";
import { verify } from "./verify";
import { wording } from "./wording";

/** Every text of the console in French. The type refuses a missing one. */
export const fr: Texts<typeof en> = { ...common, ...carrier, ...shell, ...security, ...verify, ...people, ...teams, ...audit, ...branding, ...access, ...factor, ...notice, ...evidence, ...duo, ...bring, ...pod, ...policy, ...wording, ...consent, ...contactPasskey, ...idp, ...mailReason, ...outbox, ...reasons };
