import { render } from "preact";
import { start as startKeys } from "./keys";
import { start as startLive } from "./live";
import { MeetingPage } from "./meeting/page";
import { MeetingsPage } from "./meetings/page";
import { ParticipantPage } from "./participant/page";
import { HOME, href, onLinkClick, useRoute } from "./route";
import { start as startTheme } from "./theme";
import { Shell } from "./ui/shell";
import { Note } from "./ui/states";
import "uplot/dist/uPlot.min.css";
import "../style.css";

function App() {
  const route = useRoute();
  switch (route.page) {
    case "meetings":
      return <MeetingsPage route={route} />;
    case "meeting":
      return <MeetingPage key={route.meetingId} route={route} />;
    case "participant":
      return <ParticipantPage key={`${route.meetingId}\n${route.participantId}`} route={route} />;
    case "lost":
      return (
        <Shell crumbs={[{ text: "Meetings", href: href(HOME) }]}>
          <Note title="There is no such page" page>
            <p>
              <bdi>{route.path}</bdi> leads nowhere. <a href={href(HOME)}>All meetings</a>
            </p>
          </Note>
        </Shell>
      );
  }
}

startTheme();
startKeys();
startLive();
document.addEventListener("click", onLinkClick);
const root = document.getElementById("app");
if (root) render(<App />, root);
