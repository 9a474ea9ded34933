package delivery

import "strings"

// The message that a workflow of Microsoft Teams posts, "When a Teams webhook request is received", of at most 28 KB. A text run, unlike
// a text block, has no Markdown: what AWS or a policy says is no link and no mention.
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
// https://adaptivecards.io/explorer/TextRun.html
type (
	teamsMessage struct {
		Type        string            `json:"type"`
		Attachments []teamsAttachment `json:"attachments"`
	}
	teamsAttachment struct {
		ContentType string       `json:"contentType"`
		Content     adaptiveCard `json:"content"`
	}
	adaptiveCard struct {
		Schema  string     `json:"$schema"`
		Type    string     `json:"type"`
		Version string     `json:"version"`
		Body    []richText `json:"body"`
	}
	richText struct {
		Type    string    `json:"type"`
		Inlines []textRun `json:"inlines"`
	}
	textRun struct {
		Type   string `json:"type"`
		Text   string `json:"text"`
		Weight string `json:"weight,omitempty"`
	}
)

// card is the notice as a message of Teams: its subject, and a paragraph for each line.
func (n Notice) card() teamsMessage {
	line := func(text, weight string) richText {
		return richText{"RichTextBlock", []textRun{{"TextRun", text, weight}}}
	}
	title := n.subject()
	body := []richText{line(title, "Bolder")}
	for text := range strings.Lines(n.text(webhookMaxText-length(title), plain)) {
		body = append(body, line(strings.TrimSuffix(text, "\n"), ""))
	}
	return teamsMessage{"message", []teamsAttachment{{"application/vnd.microsoft.card.adaptive", adaptiveCard{
		"http://adaptivecards.io/schemas/adaptive-card.json", "AdaptiveCard", "1.4", body}}}}
}
