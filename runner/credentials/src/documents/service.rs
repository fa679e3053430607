use windlass_settings::Partition;

/// A service of AWS that takes a role to act for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// EC2, for the role of an instance.
    Ec2,
    /// ECS, for the role of a task.
    EcsTasks,
    /// ECS, for the role of a service's scheduler; a service-linked role replaces it today.
    EcsService,
    /// Application Auto Scaling, for the role that scales a service of ECS; a service-linked role replaces it today.
    EcsAutoscaling,
}

impl Service {
    /// Its principal. They are the same in every partition (Amazon ECS developer guide, "Amazon ECS task IAM role", and the
    /// pages of the other roles), save EC2's in China: no page of AWS says so, but its console there writes
    /// `ec2.amazonaws.com.cn` (github.com/aws/aws-cdk/pull/24709), and EKS in China takes no other for its nodes
    /// (github.com/awslabs/cdk-eks-blueprints/issues/558).
    pub fn principal(self, partition: Partition) -> &'static str {
        match (self, partition) {
            (Self::Ec2, Partition::AwsCn) => "ec2.amazonaws.com.cn",
            (Self::Ec2, Partition::Aws | Partition::AwsUsGov) => "ec2.amazonaws.com",
            (Self::EcsTasks, _) => "ecs-tasks.amazonaws.com",
            (Self::EcsService, _) => "ecs.amazonaws.com",
            (Self::EcsAutoscaling, _) => "application-autoscaling.amazonaws.com",
        }
    }

    /// What its statement is called.
    pub(super) fn sid(self) -> &'static str {
        match self {
            Self::Ec2 => "Ec2",
            Self::EcsTasks => "EcsTasks",
            Self::EcsService => "EcsService",
            Self::EcsAutoscaling => "EcsAutoscaling",
        }
    }
}
