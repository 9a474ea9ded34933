package delivery

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCardFitsTeams: the card has the whole notice as text that is no Markdown, whatever is in it, and is below the 28 KB that Teams takes.
func TestCardFitsTeams(t *testing.T) {
	for _, msg := range []string{"[x](https://evil.example) <at>all</at>", strings.Repeat("𝄞", 5000), strings.Repeat("\x01\"", 5000), strings.Repeat("\u2028<", 5000)} {
		var body []byte
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var err error
			if body, err = io.ReadAll(r.Body); err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusAccepted)
		}))
		n := hugeNotice(t, msg)
		_, err := Post(t.Context(), s.URL, WebhookTeams, n)
		s.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(body) > 28_000 {
			t.Errorf("%d bytes", len(body))
		}
		var m teamsMessage
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		if len(m.Attachments) != 1 {
			t.Fatalf("%s", body)
		}
		card := m.Attachments[0].Content
		var text strings.Builder
		for i, b := range card.Body {
			if b.Type != "RichTextBlock" || len(b.Inlines) != 1 || b.Inlines[0].Type != "TextRun" || (b.Inlines[0].Weight == "Bolder") != (i == 0) {
				t.Errorf("%+v", b)
			}
			text.WriteString(b.Inlines[0].Text + "\n")
		}
		if !strings.HasPrefix(text.String(), n.subject()+"\n") {
			t.Errorf("%.100s", text.String())
		}
		wantWhole(t, text.String(), n)
		card.Body, m.Attachments = nil, nil
		if d := cmp.Diff(adaptiveCard{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4"}, card); d != "" || m.Type != "message" {
			t.Error(m.Type, d)
		}
	}
}
