# An image of a disk that is made beside the instance's own, as images of other systems are.
variable "endpoint" {
  type = string
}

variable "partner" {
  type        = string
  description = "The account that image and snapshot are shared with."
}

source "amazon-ebssurrogate" "made" {
  custom_endpoint_ec2     = var.endpoint
  region                  = "us-east-1"
  skip_region_validation  = true
  skip_metadata_api_check = true

  source_ami_filter {
    owners      = ["amazon"]
    filters     = { name = "imago-micro-*" }
    most_recent = true
  }
  instance_type = "t3.micro"
  communicator  = "none"
  launch_block_device_mappings {
    device_name           = "/dev/xvdf"
    volume_type           = "gp2"
    volume_size           = 2
    delete_on_termination = true
  }

  ami_name                = "surrogate-1"
  ami_virtualization_type = "hvm"
  ami_regions             = ["eu-west-1"]
  ami_description         = "Made beside"
  ami_users               = [var.partner]
  snapshot_users          = [var.partner]
  ami_root_device {
    source_device_name    = "/dev/xvdf"
    device_name           = "/dev/xvda"
    volume_type           = "gp2"
    volume_size           = 2
    delete_on_termination = true
  }
  tags = { team = "web" }
}

build {
  sources = ["source.amazon-ebssurrogate.made"]
}
