/** Schemas without compiled code, which the server's Content-Security-Policy forbids: imported before what makes schemas. */
import { config } from "zod";

config({ jitless: true });
