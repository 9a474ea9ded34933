// Code generated from the SDK's endpoint data by go test ./collector -run TestRegionsAreTheSDKs -update; DO NOT EDIT.

package collector

// partitions are the SDK's, with the services in each of their regions.
var partitions = []partition{
	{id: "aws", pattern: `^(us|eu|ap|sa|ca|me|af|il|mx)\-\w+\-\d+$`, regions: []region{
		{"af-south-1", "outposts servicecatalog"},
		{"ap-east-1", "outposts servicecatalog"},
		{"ap-east-2", ""},
		{"ap-northeast-1", "outposts servicecatalog"},
		{"ap-northeast-2", "outposts servicecatalog"},
		{"ap-northeast-3", "outposts servicecatalog"},
		{"ap-south-1", "outposts servicecatalog"},
		{"ap-south-2", "servicecatalog"},
		{"ap-southeast-1", "outposts servicecatalog"},
		{"ap-southeast-2", "outposts servicecatalog"},
		{"ap-southeast-3", "outposts servicecatalog"},
		{"ap-southeast-4", "servicecatalog"},
		{"ap-southeast-5", ""},
		{"ap-southeast-6", "servicecatalog"},
		{"ap-southeast-7", ""},
		{"ca-central-1", "outposts servicecatalog"},
		{"ca-west-1", "servicecatalog"},
		{"eu-central-1", "outposts servicecatalog"},
		{"eu-central-2", "servicecatalog"},
		{"eu-north-1", "outposts servicecatalog"},
		{"eu-south-1", "outposts servicecatalog"},
		{"eu-south-2", "outposts servicecatalog"},
		{"eu-west-1", "outposts servicecatalog"},
		{"eu-west-2", "outposts servicecatalog"},
		{"eu-west-3", "outposts servicecatalog"},
		{"il-central-1", "outposts servicecatalog"},
		{"me-central-1", "outposts servicecatalog"},
		{"me-south-1", "outposts servicecatalog"},
		{"mx-central-1", "outposts"},
		{"sa-east-1", "outposts servicecatalog"},
		{"us-east-1", "outposts servicecatalog"},
		{"us-east-2", "outposts servicecatalog"},
		{"us-west-1", "outposts servicecatalog"},
		{"us-west-2", "outposts servicecatalog"},
	}},
	{id: "aws-cn", pattern: `^cn\-\w+\-\d+$`, regions: []region{
		{"cn-north-1", "servicecatalog"},
		{"cn-northwest-1", "servicecatalog"},
	}},
	{id: "aws-eusc", pattern: `^eusc\-(de)\-\w+\-\d+$`, regions: []region{
		{"eusc-de-east-1", ""},
	}},
	{id: "aws-iso", pattern: `^us\-iso\-\w+\-\d+$`, regions: []region{
		{"us-iso-east-1", "outposts"},
		{"us-iso-west-1", ""},
	}},
	{id: "aws-iso-b", pattern: `^us\-isob\-\w+\-\d+$`, regions: []region{
		{"us-isob-east-1", "outposts"},
		{"us-isob-west-1", ""},
	}},
	{id: "aws-iso-e", pattern: `^eu\-isoe\-\w+\-\d+$`, regions: []region{
		{"eu-isoe-west-1", "servicecatalog"},
	}},
	{id: "aws-iso-f", pattern: `^us\-isof\-\w+\-\d+$`, regions: []region{
		{"us-isof-east-1", ""},
		{"us-isof-south-1", ""},
	}},
	{id: "aws-us-gov", pattern: `^us\-gov\-\w+\-\d+$`, regions: []region{
		{"us-gov-east-1", "outposts servicecatalog"},
		{"us-gov-west-1", "outposts servicecatalog"},
	}},
}
