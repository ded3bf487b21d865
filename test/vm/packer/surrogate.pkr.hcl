# An image of a disk that is made beside the instance's own, as images of other systems are.
variable "endpoint" {
  type = string
}

variable "partner" {
  type        = string
  description = "The account that image and snapshot are shared with."
}

# Where Imago could not have port 22: 10022.
variable "ssh_port" {
  type    = number
  default = 22
}

source "amazon-ebssurrogate" "made" {
  custom_endpoint_ec2        = var.endpoint
  region                     = "us-east-1"
  skip_region_validation     = true
  skip_credential_validation = true
  skip_metadata_api_check    = true

  source_ami_filter {
    owners      = ["amazon"]
    filters     = { name = "imago-micro-*" }
    most_recent = true
  }
  instance_type = "t3.micro"

  ssh_interface            = "public_ip"
  ssh_username             = "admin"
  ssh_port                 = var.ssh_port
  ssh_timeout              = "15m"
  ssh_file_transfer_method = "sftp"

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

  # Whatever makes a bootable disk.
  provisioner "shell" {
    inline = [
      "echo surrogate | sudo tee /etc/motd",
      "sync",
      "sudo dd if=/dev/vda of=/dev/vdb bs=1M conv=fsync",
    ]
  }
}
