package collector

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadConfig(t *testing.T) {
	files := map[string]string{
		"config":      "[default]\nregion = eu-west-1\n[profile audit]\nregion = eu-west-3\n",
		"credentials": "[audit]\naws_access_key_id = AKIA111122223333\naws_secret_access_key = s\n",
	}
	for _, c := range []struct {
		name    string
		options LoadOptions
		env     map[string]string
		want    string // access key, region and endpoint; or the start of the error
	}{
		{"nothing", LoadOptions{}, nil, "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run under a role: "},
		{"variables", LoadOptions{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-south-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "AKIA1 eu-south-1 http://127.0.0.1:1"},
		{"the default profile's region", LoadOptions{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s"}, "AKIA1 eu-west-1 "},
		{"no region at all", LoadOptions{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_CONFIG_FILE": "/dev/null"}, "AKIA1 us-east-1 "},
		{"profile variable", LoadOptions{}, map[string]string{"AWS_PROFILE": "audit"}, "AKIA111122223333 eu-west-3 "},
		{"profile and region", LoadOptions{Profile: "audit", Region: "us-west-2"}, nil, "AKIA111122223333 us-west-2 "},
		{"unknown profile", LoadOptions{Profile: "nobody"}, nil, "no AWS credentials: profile nobody: it does not exist: aws configure list-profiles lists those that do"},
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
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			cfg, err := LoadConfig(t.Context(), c.options)
			if err != nil {
				if !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
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
