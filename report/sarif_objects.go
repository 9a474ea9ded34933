package report

import "tenor/audit"

// The objects of SARIF 2.1.0 that tenor writes, with the properties it uses.

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name            string      `json:"name"`
	Version         string      `json:"version,omitempty"`
	SemanticVersion string      `json:"semanticVersion,omitempty"`
	Rules           []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID                   string              `json:"id"`
	ShortDescription     sarifText           `json:"shortDescription"`
	FullDescription      sarifText           `json:"fullDescription"`
	Help                 sarifHelp           `json:"help"`
	HelpURI              string              `json:"helpUri,omitempty"`
	DefaultConfiguration sarifConfiguration  `json:"defaultConfiguration"`
	Properties           sarifRuleProperties `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifHelp struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

// sarifRuleProperties are the properties that GitHub reads.
type sarifRuleProperties struct {
	Tags             []string `json:"tags"`
	SecuritySeverity string   `json:"security-severity"`
	Precision        string   `json:"precision"`
	ProblemSeverity  string   `json:"problem.severity"`
}

type sarifAutomation struct {
	ID string `json:"id"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications"`
}

type sarifNotification struct {
	Descriptor sarifDescriptor `json:"descriptor"`
	Level      string          `json:"level"`
	Message    sarifText       `json:"message"`
}

type sarifDescriptor struct {
	ID string `json:"id"`
}

type sarifRunProperties struct {
	TakenAt      string       `json:"taken_at"`
	AsOf         string       `json:"as_of"`
	Status       audit.Status `json:"status"`
	PolicyDigest string       `json:"policy_digest"`
	ConfigDigest string       `json:"config_digest"`
}

type sarifResult struct {
	RuleID              string                `json:"ruleId"`
	RuleIndex           *int                  `json:"ruleIndex,omitempty"`
	Kind                string                `json:"kind"`
	Level               string                `json:"level"`
	BaselineState       string                `json:"baselineState,omitempty"`
	Message             sarifText             `json:"message"`
	Locations           []sarifLocation       `json:"locations"`
	PartialFingerprints sarifFingerprints     `json:"partialFingerprints"`
	Suppressions        []sarifSuppression    `json:"suppressions,omitempty"`
	Properties          sarifResultProperties `json:"properties"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

type sarifLogical struct {
	Name               string `json:"name"`
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type sarifFingerprints struct {
	PrimaryLocation string `json:"primaryLocationLineHash"`
	Tenor           string `json:"tenor/v1"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification,omitempty"`
}

type sarifResultProperties struct {
	Severity    audit.Severity `json:"severity"`
	Verdict     audit.Verdict  `json:"verdict"`
	Kind        string         `json:"resource_kind"`
	Account     string         `json:"account"`
	Region      string         `json:"region"`
	Name        string         `json:"name"`
	Owner       string         `json:"owner"`
	Due         string         `json:"due,omitempty"`
	Amount      *audit.Money   `json:"amount,omitempty"`
	Remediation string         `json:"remediation"`
	Command     string         `json:"command,omitempty"`
	FirstSeen   string         `json:"first_seen,omitempty"`
}
