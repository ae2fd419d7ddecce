// LANES signed products, latency 2, one block each.
module hwgen_mul_lanes #(
    parameter LANES = 1,
    parameter A_BITS = 8,
    parameter B_BITS = 8
) (
    input  wire                             clk,
    input  wire [LANES*A_BITS-1:0]          a,
    input  wire [LANES*B_BITS-1:0]          b,
    output wire [LANES*(A_BITS+B_BITS)-1:0] p
);
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            hwgen_dsp #(.A_BITS(A_BITS), .B_BITS(B_BITS), .A_SIGNED(1), .B_SIGNED(1), .LATENCY(2)) dsp (
                .clk(clk),
                .a(a[l*A_BITS +: A_BITS]),
                .b(b[l*B_BITS +: B_BITS]),
                .p(p[l*(A_BITS+B_BITS) +: A_BITS+B_BITS])
            );
        end
    endgenerate
endmodule
