package awsread

import (
	"cmp"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// serve answers every call so, and returns where.
func serve(t *testing.T, status int, body, code string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Errortype", code)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestLoadConfig: credentials that cannot be had are one line: what fails, of which profile, what to do, and the SDK's cause,
// without what is secret.
func TestLoadConfig(t *testing.T) {
	files := map[string]string{
		"config": `[default]
region = eu-west-1
[profile audit]
region = eu-west-3
[profile sso]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Audit
[sso-session corp]
sso_region = eu-central-1
sso_start_url = https://corp.awsapps.com/start
[profile old-sso]
sso_account_id = 111122223333
sso_role_name = Audit
sso_region = eu-central-1
sso_start_url = https://corp.awsapps.com/start
[profile role-by-sso]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = sso
[profile login]
login_session = arn:aws:iam::111122223333:user/x
[profile fails]
credential_process = false
[profile prints-a-secret]
credential_process = echo s3cr3t
[profile prints-no-key]
credential_process = printf '{"Version": 1}'
[profile prints-no-date]
credential_process = printf '{"Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": "s3cr3t", "Expiration": "tomorrow"}'
[profile mfa]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = audit
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile role]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = audit
region = eu-central-1
[profile role-by-nobody]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = nobody
`,
		"credentials": "[audit]\naws_access_key_id = AKIA111122223333\naws_secret_access_key = s\n",
	}
	// Of which SSO session, or start URL, the cache has a login, and until when.
	const loggedIn, until = "TEST_LOGGED_IN", "TEST_UNTIL"
	expired := func(of string) map[string]string {
		return map[string]string{loggedIn: of, until: "2020-01-01T00:00:00Z"}
	}
	answers := func(code string) map[string]string {
		return map[string]string{loggedIn: "https://corp.awsapps.com/start",
			"AWS_ENDPOINT_URL_SSO": serve(t, http.StatusForbidden, `{"message": "no"}`, code)}
	}
	refused := map[string]string{loggedIn: "corp", "AWS_ENDPOINT_URL_STS": serve(t, http.StatusForbidden,
		`<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`, ""),
		"AWS_ENDPOINT_URL_SSO": serve(t, http.StatusOK, `{"roleCredentials": {"accessKeyId": "ASIA1", "secretAccessKey": "s3cr3t", `+
			`"sessionToken": "s3cr3t", "expiration": 4102444800000}}`, "")}
	for _, c := range []struct {
		name    string
		options LoadOptions
		env     map[string]string
		want    string // access key, region and endpoint; or a pattern that the error begins with
	}{
		{"nothing", LoadOptions{}, nil,
			"no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run under a role: "},
		{"variables", LoadOptions{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-south-1",
			"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "AKIA1 eu-south-1 http://127.0.0.1:1"},
		{"the default profile's region", LoadOptions{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s"},
			"AKIA1 eu-west-1 "},
		{"no region at all", LoadOptions{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s",
			"AWS_CONFIG_FILE": "/dev/null"}, "AKIA1 us-east-1 "},
		{"profile variable", LoadOptions{}, map[string]string{"AWS_PROFILE": "audit"}, "AKIA111122223333 eu-west-3 "},
		{"profile and region", LoadOptions{Profile: "audit", Region: "us-west-2"}, nil, "AKIA111122223333 us-west-2 "},
		{"unknown profile", LoadOptions{Profile: "nobody"}, nil,
			"no AWS credentials: profile nobody: it does not exist: aws configure list-profiles lists those that do"},
		{"no SSO login", LoadOptions{Profile: "sso"}, nil,
			"no AWS credentials: profile sso: there is no SSO login, or it has expired: run aws sso login --profile sso " +
				`\(open .*/.aws/sso/cache/.*: no such file or directory\)$`},
		{"no SSO login, by the variable", LoadOptions{}, map[string]string{"AWS_PROFILE": "sso"}, `.*: run aws sso login --profile sso \(.*\)$`},
		{"no SSO login, without a session", LoadOptions{Profile: "old-sso"}, nil, "no AWS credentials: profile old-sso: " +
			`there is no SSO login, or it has expired: run aws sso login --profile old-sso \(open .*: no such file or directory\)$`},
		{"a role's profile without SSO login", LoadOptions{Profile: "role-by-sso"}, nil,
			`no AWS credentials: profile sso: .*: run aws sso login --profile sso \(.*\)$`},
		{"no console login", LoadOptions{Profile: "login"}, nil, "no AWS credentials: profile login: there is no login, " +
			`or it has expired: run aws login --profile login \(.*\)$`},
		{"a process that fails", LoadOptions{Profile: "fails"}, nil, "no AWS credentials: profile fails: credential_process gives none: " +
			`run its command by hand to see why \(exit status 1\)$`},
		{"a process that prints what is no JSON", LoadOptions{Profile: "prints-a-secret"}, nil,
			"no AWS credentials: profile prints-a-secret: credential_process gives none: .* \\(its output is no JSON: [^3]*$"},
		{"a process that prints no key", LoadOptions{Profile: "prints-no-key"}, nil,
			`no AWS credentials: profile prints-no-key: credential_process gives none: .* \(missing AccessKeyId in process output\)$`},
		{"a process that prints no date", LoadOptions{Profile: "prints-no-date"}, nil, "no AWS credentials: profile prints-no-date: " +
			`credential_process gives none: run its command by hand to see why \(its output is not of the documented form\)$`},
		{"an SSO login that has expired", LoadOptions{Profile: "sso"}, expired("corp"),
			"no AWS credentials: profile sso: there is no SSO login, " +
				`or it has expired: run aws sso login --profile sso \(cached SSO token is expired, or not present, and cannot be refreshed\)$`},
		{"an SSO login that has expired, without a session", LoadOptions{Profile: "old-sso"}, expired("https://corp.awsapps.com/start"),
			`no AWS credentials: profile old-sso: .* --profile old-sso \(the SSO session has expired or is invalid\)$`},
		{"SSO refuses the role", LoadOptions{Profile: "old-sso"}, answers("ForbiddenException"), "no AWS credentials: profile old-sso: " +
			`SSO refuses its role Audit of account 111122223333: see that it is assigned to you \(ForbiddenException: no\)$`},
		{"SSO does not know the login any more", LoadOptions{Profile: "old-sso"}, answers("UnauthorizedException"),
			`no AWS credentials: profile old-sso: .* --profile old-sso \(UnauthorizedException: no\)$`},
		{"SSO has an outage", LoadOptions{Profile: "old-sso"}, answers("InternalServerException"),
			"no AWS credentials: profile old-sso: sso GetRoleCredentials: InternalServerException: no$"},
		{"a role that SSO's may not assume", LoadOptions{Profile: "role-by-sso"}, refused, "no AWS credentials: profile role-by-sso: " +
			`sts AssumeRole: AccessDenied: no$`},
		{"SSO out of reach", LoadOptions{Profile: "old-sso"}, map[string]string{loggedIn: "https://corp.awsapps.com/start",
			"AWS_ENDPOINT_URL_SSO": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"},
			"no AWS credentials: profile old-sso: sso GetRoleCredentials at http://127.0.0.1:1: connection refused$"},
		{"MFA", LoadOptions{Profile: "mfa"}, nil,
			`no AWS credentials: profile mfa: it asks for an MFA code, which a job cannot enter: ` +
				`run eval "\$\(aws configure export-credentials --profile mfa --format env\)", `},
		{"STS out of reach", LoadOptions{Profile: "role"}, map[string]string{"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"},
			"no AWS credentials: profile role: sts AssumeRole at http://127.0.0.1:1: connection refused$"},
		{"a role of an unknown profile", LoadOptions{Profile: "role-by-nobody"}, nil, "no AWS credentials: profile nobody: it does not exist: "},
		{"loopback", LoadOptions{Endpoint: "http://127.0.0.1:1", AccessKey: "AKIA2"}, map[string]string{"AWS_PROFILE": "nobody",
			"AWS_REGION": "eu-south-1"}, "AKIA2 us-east-1 http://127.0.0.1:1"},
		{"loopback without a key", LoadOptions{Endpoint: "http://127.0.0.1:1"}, nil,
			"load AWS config: an endpoint and an access key go together"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, v := range os.Environ() {
				if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
					t.Setenv(name, "")
					if err := os.Unsetenv(name); err != nil {
						t.Fatal(err)
					}
				}
			}
			dir := t.TempDir()
			for name, content := range files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
			t.Setenv("HOME", dir)
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			if of := c.env[loggedIn]; of != "" {
				token := filepath.Join(dir, ".aws", "sso", "cache", fmt.Sprintf("%x.json", sha1.Sum([]byte(of)))) // as AWS's CLI names it
				text := `{"accessToken": "s3cr3t", "expiresAt": "` + cmp.Or(c.env[until], "2100-01-01T00:00:00Z") + `"}`
				if err := errors.Join(os.MkdirAll(filepath.Dir(token), 0o700), os.WriteFile(token, []byte(text), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			cfg, err := LoadConfig(t.Context(), c.options)
			if err != nil {
				if !regexp.MustCompile("^"+c.want).MatchString(err.Error()) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(),
					"s3cr3t") {
					t.Errorf("error %q, want %q", err, c.want)
				}
				return
			}
			credentials, err := cfg.Credentials.Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			endpoint := ""
			if cfg.BaseEndpoint != nil {
				endpoint = *cfg.BaseEndpoint
			}
			if got := credentials.AccessKeyID + " " + cfg.Region + " " + endpoint; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
