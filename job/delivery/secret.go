package delivery

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// CheckSecret reports why a string is no ARN of a secret in AWS Secrets Manager.
func CheckSecret(secret string) error {
	if a, err := arn.Parse(secret); err != nil || a.Service != "secretsmanager" || !strings.HasPrefix(a.Resource, "secret:") {
		return fmt.Errorf("%q is no ARN of a secret in Secrets Manager", secret)
	}
	return nil
}

// Secret reads the text of a secret, by its ARN, without the white space around it. No error holds any of it.
func Secret(ctx context.Context, cfg aws.Config, secret string) (string, error) {
	if err := CheckSecret(secret); err != nil {
		return "", err
	}
	at, _ := arn.Parse(secret)
	client := secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.Region = at.Region })
	out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &secret})
	if err != nil {
		return "", fmt.Errorf("read the secret %s: %w", secret, said(err))
	}
	text := strings.TrimSpace(aws.ToString(out.SecretString))
	if text == "" {
		return "", fmt.Errorf("the secret %s holds no text", secret)
	}
	return text, nil
}
