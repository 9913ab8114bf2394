// Leaves for further loopback names, signed by the CA of this checkout.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { defer } from "./defer.mjs";
import { certificate } from "./gateway.mjs";

const EXTENSIONS = `basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
`;

/**
 * {cert, key} for exactly these names, as `tls.certificates` wants them. Chromium takes no star
 * right below a top-level name, so the development leaf serves it no `app.localhost`.
 */
export function leaf(t, names) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "leaf-"));
  defer(t, () => fs.rmSync(folder, { recursive: true, force: true }));
  const file = (name) => path.join(folder, name);
  const openssl = (...words) => execFileSync("openssl", words, { stdio: "pipe" });
  fs.writeFileSync(file("extensions"),
    `${EXTENSIONS}subjectAltName = ${names.map((name) => `DNS:${name}`).join(", ")}\n`);
  openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    "-keyout", file("leaf.key"), "-out", file("leaf.csr"), "-subj", `/CN=${names[0]}`);
  openssl("x509", "-req", "-days", "30", "-in", file("leaf.csr"), "-out", file("leaf.crt"),
    "-CA", certificate("ca.crt"), "-CAkey", certificate("ca.key"), "-extfile", file("extensions"),
    "-set_serial", `0x${openssl("rand", "-hex", "16").toString().trim()}`);
  return { cert: file("leaf.crt"), key: file("leaf.key") };
}
