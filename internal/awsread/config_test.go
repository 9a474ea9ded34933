package awsread

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

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
	for _, c := range []struct {
		name    string
		options LoadOptions
		env     map[string]string
		want    string // access key, region and endpoint; or a pattern that the error begins with
	}{
		{"nothing", LoadOptions{}, nil, "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run under a role: "},
		{"variables", LoadOptions{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-south-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "AKIA1 eu-south-1 http://127.0.0.1:1"},
		{"the default profile's region", LoadOptions{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s"}, "AKIA1 eu-west-1 "},
		{"no region at all", LoadOptions{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_CONFIG_FILE": "/dev/null"}, "AKIA1 us-east-1 "},
		{"profile variable", LoadOptions{}, map[string]string{"AWS_PROFILE": "audit"}, "AKIA111122223333 eu-west-3 "},
		{"profile and region", LoadOptions{Profile: "audit", Region: "us-west-2"}, nil, "AKIA111122223333 us-west-2 "},
		{"unknown profile", LoadOptions{Profile: "nobody"}, nil, "no AWS credentials: profile nobody: it does not exist: aws configure list-profiles lists those that do"},
		{"no SSO login", LoadOptions{Profile: "sso"}, nil, "no AWS credentials: profile sso: SSO: open .*/.aws/sso/cache/.*: no such file or directory: run aws sso login --profile sso$"},
		{"no SSO login, by the variable", LoadOptions{}, map[string]string{"AWS_PROFILE": "sso"}, ".*: run aws sso login --profile sso$"},
		{"no SSO login, without a session", LoadOptions{Profile: "old-sso"}, nil, "no AWS credentials: profile old-sso: the SSO session has expired or is invalid: .*: run aws sso login --profile old-sso$"},
		{"a role's profile without SSO login", LoadOptions{Profile: "role-by-sso"}, nil, "no AWS credentials: profile sso: .*: run aws sso login --profile sso$"},
		{"no console login", LoadOptions{Profile: "login"}, nil, "no AWS credentials: profile login: .*: run aws login --profile login$"},
		{"a process that fails", LoadOptions{Profile: "fails"}, nil, "no AWS credentials: profile fails: credential_process: exit status 1: run the command by hand to see why$"},
		{"a process that prints what is no JSON", LoadOptions{Profile: "prints-a-secret"}, nil, "no AWS credentials: profile prints-a-secret: credential_process: its output is no JSON: [^3]*$"},
		{"a process that prints no key", LoadOptions{Profile: "prints-no-key"}, nil, "no AWS credentials: profile prints-no-key: missing AccessKeyId in process output: "},
		{"MFA", LoadOptions{Profile: "mfa"}, nil, `no AWS credentials: profile mfa: it asks for an MFA code, which a job cannot enter: run eval "\$\(aws configure export-credentials --profile mfa --format env\)", `},
		{"STS out of reach", LoadOptions{Profile: "role"}, map[string]string{"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"}, "no AWS credentials: profile role: sts AssumeRole at http://127.0.0.1:1: connection refused$"},
		{"a role of an unknown profile", LoadOptions{Profile: "role-by-nobody"}, nil, "no AWS credentials: profile nobody: it does not exist: "},
		{"loopback", LoadOptions{Endpoint: "http://127.0.0.1:1", AccessKey: "AKIA2"}, map[string]string{"AWS_PROFILE": "nobody", "AWS_REGION": "eu-south-1"}, "AKIA2 us-east-1 http://127.0.0.1:1"},
		{"loopback without a key", LoadOptions{Endpoint: "http://127.0.0.1:1"}, nil, "load AWS config: an endpoint and an access key go together"},
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
			cfg, err := LoadConfig(t.Context(), c.options)
			if err != nil {
				if !regexp.MustCompile("^"+c.want).MatchString(err.Error()) || strings.Contains(err.Error(), "\n") {
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
