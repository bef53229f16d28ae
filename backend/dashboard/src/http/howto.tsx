// Nothing was counted yet: how it begins.
import { Copy } from "../ui/states";

export function HowTo() {
  const here = location.origin;
  return (
    <section class="first">
      <h1>See your API beside your calls</h1>
      <p class="lead">
        One line in your app counts every request at the cost of some microseconds: which endpoints
        fail, which are slow, and what went wrong for somebody while their call did.
      </p>
      <ol class="ways">
        <li>
          <h2>FastAPI, Starlette</h2>
          <p>
            From <code>callvitals_server.http_metrics</code>.
          </p>
          <Copy
            text={`app.add_middleware(ApiMetricsMiddleware, sink="${here}")`}
            label="the line for FastAPI"
          />
        </li>
        <li>
          <h2>Django, and any ASGI app</h2>
          <p>In the file that makes the application.</p>
          <Copy
            text={`application = ApiMetricsMiddleware(application, sink="${here}")`}
            label="the line for ASGI apps"
          />
        </li>
        <li>
          <h2>Whose request it was</h2>
          <p>
            Give it <code>user=</code>, a function from the ASGI scope to the id that you give the
            SDK as participant: API errors then stand beside their call.
          </p>
        </li>
      </ol>
    </section>
  );
}
