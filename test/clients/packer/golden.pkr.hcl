# A golden image as a team makes one: of the newest Debian, with a package in it, copied and shared.
variable "endpoint" {
  type = string
}

variable "partner" {
  type        = string
  description = "The account that the image is shared with."
}

# Where Imago could not have port 22: 10022.
variable "ssh_port" {
  type    = number
  default = 22
}

# A package of one's own; from Debian's mirror it is `apt-get install NAME`.
variable "package" {
  type = string
}

locals {
  run_tags = {
    Name = "packing golden"
  }
}

source "amazon-ebs" "golden" {
  custom_endpoint_ec2     = var.endpoint
  region                  = "us-east-1"
  skip_region_validation  = true
  skip_metadata_api_check = true

  source_ami_filter {
    owners      = ["amazon"]
    filters     = { name = "debian-12-amd64-*", virtualization-type = "hvm" }
    most_recent = true
  }
  instance_type = "t3.small"
  ebs_optimized = false
  run_tags      = local.run_tags
  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    volume_type           = "gp3"
    volume_size           = 9
    iops                  = 3000
    throughput            = 125
    delete_on_termination = true
  }

  ssh_interface = "public_ip"
  ssh_username  = "admin"
  ssh_port      = var.ssh_port
  ssh_timeout   = "15m"

  ami_name        = "golden-1"
  ami_description = "Debian with what we all need"
  ami_users       = [var.partner]
  ami_regions     = ["eu-west-1"]
  ena_support     = true
  tags            = { team = "web" }
  snapshot_tags   = { team = "web" }
}

build {
  sources = ["source.amazon-ebs.golden"]

  provisioner "file" {
    source      = var.package
    destination = "/tmp/golden.deb"
  }

  provisioner "shell" {
    inline = [
      "cloud-init status --wait",
      "sudo apt-get install -qy /tmp/golden.deb",
      "echo golden | sudo tee /etc/motd",
    ]
  }
}
