# A server's life with fog: images, key, group, launch, capture, share, stop, start, end.
# Prints one line of JSON with what it saw. Endpoint and keys come from the environment.
require 'fog/aws'
require 'json'

compute = Fog::Compute.new(
  provider: 'AWS',
  aws_access_key_id: ENV.fetch('AWS_ACCESS_KEY_ID'),
  aws_secret_access_key: ENV.fetch('AWS_SECRET_ACCESS_KEY'),
  region: 'us-east-1',
  endpoint: ENV.fetch('AWS_ENDPOINT_URL')
)
seen = {}

image = compute.images.all('owner-alias' => 'amazon').first
seen[:image] = image.name
key = compute.key_pairs.create(name: 'fog')
group = compute.security_groups.create(name: 'fog', description: 'opens SSH')
group.authorize_port_range(22..22)

server = compute.servers.create(
  image_id: image.id, flavor_id: 't3.micro', key_name: key.name, groups: ['fog'],
  tags: { 'Name' => 'fog' }, user_data: "#!/bin/sh\n"
)
server.wait_for { ready? }
seen[:server] = [server.state, server.tags, server.groups, server.flavor_id]
seen[:found] = compute.servers.all('tag:Name' => 'fog').map { |each| each.id == server.id }
seen[:volumes] = server.volumes.map(&:size)

id = compute.create_image(server.id, 'fog-1', 'by fog').body['imageId']
captured = compute.images.get(id)
captured.wait_for { ready? }
compute.modify_image_attribute(id, 'Add.Group' => ['all'])
seen[:permissions] = compute.describe_image_attribute(id, 'launchPermission').body['launchPermission']

server.stop
server.wait_for { state == 'stopped' }
server.start
server.wait_for { ready? }
server.destroy
server.wait_for { state == 'terminated' }
captured.deregister(true)
group.destroy
key.destroy
seen[:left] = [compute.images.all('name' => 'fog-1').size, compute.key_pairs.all.size]
puts JSON.generate(seen)
