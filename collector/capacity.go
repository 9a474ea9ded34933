package collector

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	"github.com/aws/aws-sdk-go-v2/service/outposts/types"

	"tenor/audit"
	"tenor/internal/awsread"
)

// The shapes of the documents.
var (
	assetsShape         = shapeOf[outposts.ListAssetsOutput]()
	assetInstancesShape = shapeOf[outposts.ListAssetInstancesOutput]()
	blockingShape       = shapeOf[outposts.ListBlockingInstancesForCapacityTaskOutput]()
)

// The lists of what an Outpost has and who uses it.
var (
	outpostAssets     = inner{"Assets", "AssetId"}
	assetInstances    = inner{"AssetInstances", "InstanceId"}
	blockingInstances = inner{"BlockingInstances", "InstanceId"}
)

// assets reads the hardware of an Outpost, with the instances that each host is configured to hold.
func (s *scope) assets(ctx context.Context, id string) section {
	l := awsread.Listing{Op: awsread.ListAssets, Within: true, List: outpostAssets.list, Next: "NextToken",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.ListAssets, &outposts.ListAssetsInput{OutpostIdentifier: &id, MaxResults: aws.Int32(outpostsPage),
				NextToken: token})
		}}
	return s.gathered(ctx, l, outpostAssets, assetsShape)
}

// assetInstances reads the instances that run on an Outpost, of every account that it is shared with.
func (s *scope) assetInstances(ctx context.Context, id string) section {
	l := awsread.Listing{Op: awsread.ListAssetInstances, Within: true, List: assetInstances.list, Next: "NextToken",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.ListAssetInstances, &outposts.ListAssetInstancesInput{OutpostIdentifier: &id,
				MaxResults: aws.Int32(outpostsPage), NextToken: token})
		}}
	return s.gathered(ctx, l, assetInstances, assetInstancesShape)
}

// blockingInstances reads the instances of which some have to stop before a capacity task can run.
func (s *scope) blockingInstances(ctx context.Context, task *audit.Resource) section {
	outpost := textOf(task.Spec, "OutpostId")
	l := awsread.Listing{Op: awsread.ListBlockingInstancesForCapacityTask, Within: true, List: blockingInstances.list, Next: "NextToken",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.ListBlockingInstancesForCapacityTask, &outposts.ListBlockingInstancesForCapacityTaskInput{
				CapacityTaskId: &task.ID, OutpostIdentifier: &outpost, MaxResults: aws.Int32(outpostsPage), NextToken: token,
			})
		}}
	return s.gathered(ctx, l, blockingInstances, blockingShape)
}

// readWaiting adds the tasks that read hands it, those that wait for an evacuation last, with the instances that block them. A task
// that comes twice counts as it was read last.
func (s *scope) readWaiting(ctx context.Context, p *part, read func(take func(*audit.Resource) error) error) error {
	var waiting []*audit.Resource
	var turns []int
	turn := 0
	err := read(func(r *audit.Resource) error {
		turn++
		if textOf(r.Spec, "CapacityTaskStatus") != string(types.CapacityTaskStatusWaitingForEvacuation) {
			return p.addAt(r, turn, nil)
		}
		waiting, turns = append(waiting, r), append(turns, turn)
		return nil
	})
	if err != nil {
		return err
	}
	blocking := make([]section, len(waiting))
	parallel(len(waiting), func(i int) { blocking[i] = s.blockingInstances(ctx, waiting[i]) })
	for i, r := range waiting {
		p.relate(r, "blocking_instances", awsread.ListBlockingInstancesForCapacityTask, blocking[i])
		if err := p.addAt(r, turns[i], nil); err != nil {
			return err
		}
	}
	return nil
}
