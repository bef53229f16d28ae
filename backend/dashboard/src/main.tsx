import { render } from "preact";
import { start as startKeys } from "./keys";
import { start as startLive } from "./live";
import { onLinkClick, useRoute } from "./route";
import { Screen, warmUp } from "./screen";
import { start as startTheme } from "./theme";
import { Shell } from "./ui/shell";
import "uplot/dist/uPlot.min.css";
import "../style.css";

function App() {
  const route = useRoute();
  return (
    <Shell route={route}>
      <Screen route={route} />
    </Shell>
  );
}

startTheme();
startKeys();
startLive();
document.addEventListener("click", onLinkClick);
const root = document.getElementById("app");
if (root) render(<App />, root);
warmUp();
