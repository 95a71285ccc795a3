// The page of the explorer: Swagger UI, a reply view of our own, and the code that does what the form would do.
// A token comes in the fragment of the address. It is kept for this tab, and taken out of the address at once.
"use strict";
(() => {
  const SHOWN = 200_000; // characters of a reply on the page; all of it can be saved
  const TITLES = {
    python: "Python",
    async: "Python, async",
    vendor: "Python, the vendor's SDK",
    curl: "curl, signed: works once for 15 minutes",
    proxy: "curl through this explorer",
  };

  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname);
  }
  const token = sessionStorage.getItem("token");
  if (!token) return complain("Open the address that the explorer printed when it started: it ends in #token=…");

  const withToken = (request) => {
    request.headers = { ...request.headers, "x-paiflow-token": token };
    return request;
  };

  function complain(text) {
    const notice = document.getElementById("notice");
    notice.textContent = text;
    notice.hidden = false;
  }

  function showWhere(where) {
    for (const [name, value] of Object.entries(where)) {
      const [term, definition] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      definition.textContent = value;
      document.getElementById("where").append(term, definition);
    }
  }

  // A JSON text, indented. Its numbers stay as they are written: an account's id may have more digits than a number here.
  function pretty(text) {
    const exact = Boolean(JSON.rawJSON);
    if (text.length > 20 * SHOWN || (!exact && /\d{16}/.test(text))) return text;
    const kept = (_, value, context) => (exact && typeof value === "number" ? JSON.rawJSON(context.source) : value);
    try {
      return JSON.stringify(JSON.parse(text, kept), null, 2);
    } catch {
      return text; // not JSON
    }
  }

  // The request that "Execute" would send now; throws where a value is missing.
  function requestOf(system, path, method) {
    const { specSelectors, oas3Selectors, fn } = system;
    const body = oas3Selectors.requestBodyValue(path, method);
    const spec = specSelectors.specJsonWithResolvedSubtrees().toJS();
    return fn.buildRequest({
      spec,
      operationId: spec.paths[path][method].operationId,
      pathName: path,
      method,
      contextUrl: location.origin + "/",
      parameters: specSelectors.parameterValues([path, method]).toJS(),
      requestContentType: oas3Selectors.requestContentType(path, method),
      requestBody: body && body.toJS ? body.toJS() : body,
    });
  }

  async function codeOf(kind, request) {
    const url = new URL(request.url, location.origin);
    const reply = await fetch(
      "/-/sample",
      withToken({
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ kind, method: request.method, url: url.pathname + url.search, body: request.body }),
      }),
    );
    return reply.ok ? reply.text() : "# " + (await reply.json()).Message;
  }

  const plugin = (system) => {
    const { createElement: e, useEffect, useId, useState } = system.React;

    // The code for what is in the form, always up to date.
    function Code({ path, method }) {
      const [kind, setKind] = useState("python");
      const [code, setCode] = useState("");
      const [stale, setStale] = useState(true);
      const [copied, setCopied] = useState(false);
      useEffect(() => {
        let last, timer;
        const look = () => {
          let request;
          try {
            request = requestOf(system.getSystem(), path, method);
          } catch (error) {
            setCode("# " + error.message);
            last = undefined;
            return;
          }
          const now = JSON.stringify([request.url, request.body]);
          if (now === last) return;
          last = now;
          setCopied(false);
          setStale(true);
          clearTimeout(timer);
          timer = setTimeout(async () => {
            const text = await codeOf(kind, request).catch(() => "# The explorer does not answer: is it still running?");
            if (now === last) (setCode(text), setStale(false));
          }, 150);
        };
        look();
        const stop = system.getSystem().getStore().subscribe(look);
        return () => (clearTimeout(timer), (last = null), stop());
      }, [kind, path, method]);
      const id = useId();
      return e(
        "section",
        { className: "explorer-code", "aria-label": "Code for this call" },
        e("label", { htmlFor: id }, "Code"),
        e(
          "select",
          { id, value: kind, onChange: (event) => setKind(event.target.value) },
          Object.entries(TITLES).map(([value, title]) => e("option", { key: value, value }, title)),
        ),
        e(
          "button",
          { className: "btn", disabled: stale, onClick: () => navigator.clipboard.writeText(code).then(() => setCopied(true)) },
          copied ? "Copied" : "Copy",
        ),
        e("pre", { tabIndex: 0, "aria-label": "Code" }, code),
      );
    }

    // The simple fields of a body as a form; the editor below it holds the whole of it, as JSON.
    function Fields({ fields, value, onChange }) {
      const prefix = useId();
      let body;
      try {
        body = JSON.parse(value);
      } catch (error) {
        return e("p", { role: "alert" }, `The body is not JSON: ${error.message}`);
      }
      const set = ({ name, kind }, text) => {
        const { [name]: _, ...rest } = body;
        const read = { boolean: JSON.parse, integer: Number, number: Number }[kind] || String;
        onChange(JSON.stringify(text === "" ? rest : { ...body, [name]: read(text) }, null, 2));
      };
      return e(
        "div",
        { className: "explorer-fields" },
        fields.map((field) => {
          const values = field.kind === "boolean" ? ["true", "false"] : field.values;
          const id = prefix + field.name;
          const props = {
            id,
            value: String(body[field.name] ?? ""),
            onChange: (event) => set(field, event.target.value),
            "aria-describedby": `${id}-words`,
          };
          const input = values.length
            ? e("select", props, ["", ...values].map((one) => e("option", { key: one, value: one }, one || "--")))
            : field.long
              ? e("textarea", { ...props, rows: Math.min(12, props.value.split("\n").length + 1) })
              : e("input", { ...props, type: /^(integer|number)$/.test(field.kind) ? "number" : "text" });
          return e(
            "div",
            { key: field.name },
            e("label", { htmlFor: id }, field.name, field.required && e("span", null, " * required")),
            input,
            e("small", { id: `${id}-words` }, field.words),
          );
        }),
      );
    }

    // Status, time and request id, then the body. Swagger UI's own view shows the request's URL, with its secrets, and
    // stops responding over a big body.
    function Reply({ response }) {
      const text = response.get("text") || "";
      const headers = response.get("headers");
      const header = (name) => (headers && headers.get(name)) || "";
      const shown = pretty(text);
      const cut = shown.length > SHOWN;
      const save = () => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text]));
        link.download = "reply.json";
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      };
      const failed = response.get("error") && !response.get("status");
      return e(
        "section",
        { className: "explorer-reply", "aria-label": "Reply" },
        e("h4", null, "Reply"),
        failed
          ? e("p", null, "No reply: is the explorer still running?")
          : e(
              "dl",
              { "aria-live": "polite" },
              e("dt", null, "Status"),
              e("dd", { className: "status" }, String(response.get("status"))),
              e("dt", null, "Time"),
              e("dd", null, /dur=(\d+)/.test(header("server-timing")) ? `${RegExp.$1} ms` : "unknown"),
              e("dt", null, "Request id"),
              e("dd", null, header("x-acs-request-id") || "none"),
            ),
        text &&
          e(
            "p",
            null,
            e("button", { className: "btn", onClick: save }, `Save all ${text.length.toLocaleString("en")} characters`),
            cut && ` Only the first ${SHOWN.toLocaleString("en")} are shown.`,
          ),
        text && e("pre", { tabIndex: 0, "aria-label": "Body" }, cut ? shown.slice(0, SHOWN) + "…" : shown),
      );
    }

    return {
      components: { liveResponse: Reply },
      wrapComponents: {
        RequestBody: (Original) => (props) => {
          const fields = props.requestBody.get("x-explorer-fields");
          const { isExecute, requestBodyValue: value } = props;
          const form = isExecute && typeof value === "string" && fields;
          return e(
            "div",
            null,
            form && e(Fields, { fields: fields.toJS(), value, onChange: props.onChange }),
            e(Original, props),
          );
        },
        responses: (Original) => (props) =>
          e("div", null, e(Code, { path: props.path, method: props.method }), e(Original, props)),
      },
    };
  };

  fetch("/-/description", withToken({}))
    .then((reply) => reply.json())
    .then((spec) => {
      if (!spec.openapi) return complain(spec.Message);
      showWhere(spec["x-explorer"].where);
      SwaggerUIBundle({
        spec,
        domNode: document.getElementById("operations"),
        plugins: [plugin],
        requestInterceptor: withToken,
        validatorUrl: null,
        tryItOutEnabled: true,
        defaultModelsExpandDepth: -1,
        syntaxHighlight: { activated: false },
      });
    })
    .catch(() => complain("The explorer does not answer: is it still running?"));
})();
