// A small OpenID provider of a contact's company, with one account and a page to sign in on.
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Starts it on a free port. `person` is who signs in: { subject, email }; both can be changed while it runs. */
export async function startProvider(person) {
  const client = "countersign-client";
  const secret = randomBytes(16).toString("hex");
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const grants = new Map();
  let issuer;

  const token = (form, authorization) => {
    const grant = grants.get(form.get("code"));
    grants.delete(form.get("code"));
    const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    if (authorization !== `Basic ${Buffer.from(`${client}:${secret}`).toString("base64")}` || grant?.challenge !== challenge) {
      return [400, { error: "invalid_grant" }];
    }
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer, aud: client, sub: person.subject, nonce: grant.nonce, iat: now, exp: now + 300, auth_time: now,
      email: person.email, email_verified: true, acrs: ["c1"],
    };
    const body = `${part({ alg: "ES256", kid: "k1", typ: "JWT" })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(body), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
    return [200, { access_token: "unused", token_type: "Bearer", id_token: `${body}.${signature}` }];
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url, issuer);
    const json = ([status, body]) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json([200, {
          issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`,
          id_token_signing_alg_values_supported: ["ES256"], authorization_response_iss_parameter_supported: true,
        }]);
      case "/keys":
        return json([200, { keys: [{ ...publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "k1" }] }]);
      case "/authorize": {
        const code = randomBytes(16).toString("hex");
        grants.set(code, { nonce: url.searchParams.get("nonce"), challenge: url.searchParams.get("code_challenge") });
        const back = new URL(url.searchParams.get("redirect_uri"));
        back.search = new URLSearchParams({ code, state: url.searchParams.get("state"), iss: issuer });
        return response.writeHead(200, { "content-type": "text/html" }).end(`<title>Sign in</title><h1>Northwind</h1><a href="${back.href.replaceAll("&", "&amp;")}">Sign in as ${person.email}</a>`);
      }
      case "/token": {
        let body = "";
        request.on("data", (piece) => (body += piece));
        return request.on("end", () => json(token(new URLSearchParams(body), request.headers.authorization)));
      }
      default:
        return response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${server.address().port}`;
  return { issuer, client, secret, stop: () => new Promise((resolve) => server.close(resolve)) };
}
